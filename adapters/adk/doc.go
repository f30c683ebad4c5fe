// Package adk lets agents of Google's Agent Development Kit use models that chord runs
// in the same process: [Model] is a model.LLM.
//
//	m, err := chord.Open("model.gguf", chord.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	a, err := llmagent.New(llmagent.Config{
//		Name:        "guide",
//		Model:       adk.New("qwen", m, chord.ChatParams{}),
//		Instruction: "Answer in one sentence.",
//	})
//
// The configuration of a request replaces the fields of the [chord.ChatParams] that it
// sets. Calls made at the same time share forward passes.
//
// Errors wrap chord's: errors.Is(err, chord.ErrContextFull), for instance.
package adk
