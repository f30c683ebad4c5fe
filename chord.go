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
// The zero [Params] samples as llama.cpp does by default, with a new seed, until
// the model has finished. In Go 0 always means the default and [Off] switches a
// stage off, so
//
//	chord.Params{Temperature: chord.Greedy}         // always the likeliest token
//	chord.Params{Temperature: 0.7, Seed: 42}        // repeatable
//
// Params are data, and JSON: there a 0 that is present is taken at its word.
//
// The same file, prompt, Params and seed give the same text on every machine,
// for any number of threads, whatever else the model is doing.
//
// # Stopping
//
// Generation ends at a token that the vocabulary says ends a text or a turn,
// at one of Params.StopTokens, before one of the strings in Params.Stop, after
// Params.MaxTokens, when the context is full, when ctx is done, or when the
// caller leaves the loop. The last element has a [Result], which says why, how
// many tokens there were, the seed and how fast it was. [Model.Complete] returns
// it with the whole text.
//
// # Chats and sessions
//
// [Model.Chat] and [Model.Reply] answer messages: the model's [ChatTemplate]
// makes the prompt. Names of control tokens in messages stay text unless
// ChatParams.TrustContent is set.
//
// A [Session] is a text that goes on: it keeps what it has read, can go back
// ([Session.Rewind]) and continue in several ways ([Session.Fork]).
//
// [Model.Score], [Model.Logits] and [Model.Embed] give probabilities, logits and
// vectors.
//
// # Goroutines
//
// Any number of goroutines may use a [Model] at once. Those that ask at the same
// time share forward passes, and what one gets does not depend on the others. A
// Session serves one goroutine at a time. Close the Model when it is no longer
// needed; calls that still run then end with [ErrClosed].
//
// # Memory
//
// Weights stay in the file's own quantised types. The key/value caches of all
// texts together take at most Options.CacheBytes. What texts leave there is kept
// while there is room, so that a prompt that begins as an earlier one did is
// computed from where they differ (Result.Cached); Options.NoPrefixCache keeps
// nothing. If the caches are full, one text loses its own and computes it again
// later, with the same result. Once warm, a generated token allocates nothing.
//
// Models with LongRoPE have two sets of angles. Which is used depends on the real
// length of the text, not on Options.Context, so a text that grows beyond the
// length that the model was first trained for is computed again once.
//
// # Errors
//
// Errors say what is wrong and where. errors.Is tells the kinds apart:
// [ErrInvalid] (a [*ParamError], which names the field), [ErrContextFull],
// [ErrBusy] (a [*BusyError], which says when to try again), [ErrClosed],
// [ErrUnsupported], [ErrFormat]. A wrong call, such as a nil context, panics.
package chord
