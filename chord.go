// Package chord runs Llama-family models from GGUF files: text in, text out,
// in Go, without cgo.
//
// Open a model, range over what it generates:
//
//	m, err := chord.Open("model.gguf", chord.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	for tok, err := range m.Generate(ctx, "Once upon a time", chord.Params{MaxTokens: 64}) {
//		if err != nil {
//			return err
//		}
//		fmt.Print(tok.Text)
//	}
//
// No model at hand? Package tales embeds a tiny one that tells stories:
// chord.OpenFS(tales.FS, tales.Name, chord.Options{}).
//
// # Choosing tokens
//
// The zero [Params] samples as llama.cpp does by default, from a fresh seed,
// until the model says it has finished. In its [Sampling] 0 always means the
// default and [Off] switches a stage off, so
//
//	chord.Params{Sampling: chord.Sampling{Temperature: chord.Greedy}}   // always the likeliest token
//	chord.Params{Sampling: chord.Sampling{Temperature: 0.7, Seed: 42}}  // repeatable
//
// The same file, prompt, Params and seed give the same text on every machine,
// for any number of threads, whatever else the model is doing.
//
// # Stopping
//
// Generation ends at a token that the vocabulary says ends a text or a turn,
// at one of Params.StopTokens, before one of the strings in Params.Stop, after
// Params.MaxTokens, when the context is full, when ctx is done, or when the
// caller leaves the loop. Params.Stats tells which, and how fast it was.
//
// # Memory and goroutines
//
// Weights stay in the file's own quantised types. Each Generate has a key/value
// cache of its own that grows with its text; a [Model] may be used by any
// number of goroutines at once, which then take turns, one forward pass each.
// Once warm, a generated token allocates nothing. Close the Model when no
// Generate needs it any more.
package chord
