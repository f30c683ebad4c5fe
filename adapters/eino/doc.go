// Package eino lets Eino use models that chord runs in the same process: [Model] is a
// model.ToolCallingChatModel, [Embedder] an embedding.Embedder.
//
//	m, err := chord.Open("model.gguf", chord.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	chat := eino.New(m, chord.ChatParams{})
//	answer, err := chat.Generate(ctx, []*schema.Message{schema.UserMessage("Why is the sky blue?")})
//
// Options of a call replace the fields of the [chord.ChatParams] that they set;
// [WithParams] sets any of them. Calls made at the same time share forward passes.
//
// Errors wrap chord's: errors.Is(err, chord.ErrContextFull), for instance.
package eino
