// Package genkit lets Genkit use models that chord runs in the same process, as the
// models and embedders of a [Plugin].
//
//	m, err := chord.Open("model.gguf", chord.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	g := genkit.Init(ctx, genkit.WithPlugins(&chordgenkit.Plugin{Models: map[string]*chord.Model{"qwen": m}}))
//	answer, err := genkit.GenerateText(ctx, g, ai.WithModelName("chord/qwen"), ai.WithPrompt("Why is the sky blue?"))
//
// There both packages are called genkit, so this one is imported by another name.
// Calls made at the same time share forward passes.
//
// Errors wrap a *core.GenkitError with the status, and chord's own error.
package genkit
