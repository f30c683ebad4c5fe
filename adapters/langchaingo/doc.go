// Package langchaingo lets LangChain Go use models that chord runs in the same
// process: [Model] is an llms.Model, [Embedder] an embeddings.Embedder.
//
//	m, err := chord.Open("model.gguf", chord.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	llm := langchaingo.New(m, chord.ChatParams{})
//	answer, err := llms.GenerateFromSinglePrompt(ctx, llm, "Why is the sky blue?")
//
// Options of a call replace the fields of the [chord.ChatParams] that they set.
// Calls made at the same time share forward passes.
//
// Errors are *llms.Error, which wraps chord's own; an error of a streaming function
// is returned as it is.
package langchaingo
