// Package draft proposes tokens for speculative decoding and decides how many of them
// pay. Proposals come from the text itself [lookup], from n-grams that the texts of a
// model have in common, from a grammar and from a smaller model; a model's measured
// times of passes and how often each kind of proposal was right set the length
// [spec].
package draft

// [lookup] Saxena, Prompt Lookup Decoding, 2023
// [spec] Leviathan, Kalman, Matias, Fast Inference from Transformers via
// Speculative Decoding, 2022, arXiv:2211.17192

// Max is the most tokens of a draft: with the token before it as many rows as a
// short call of the engine has.
const Max = 15

// A Draft is proposed tokens. Class says of each where it comes from, which stands
// for how likely it is right if those before it are.
type Draft struct {
	IDs   []int32
	Class []Class
}

// Reset empties d.
func (d *Draft) Reset() { d.IDs, d.Class = d.IDs[:0], d.Class[:0] }

// Add appends a token.
func (d *Draft) Add(id int32, c Class) { d.IDs, d.Class = append(d.IDs, id), append(d.Class, c) }

// Cut drops all tokens but the first n.
func (d *Draft) Cut(n int) { d.IDs, d.Class = d.IDs[:n], d.Class[:n] }

// A Class is a kind of proposal. Tokens of one class are right about equally often.
type Class uint8

// The classes of each source.
const (
	Resumed Class = iota // of the text, after a token that was replaced
	Matched              // of the text, by the number of tokens before it that are equal
	Pooled  = Matched + 5
	Forced  = Pooled + 3           // by a grammar
	Model   = Forced + 1           // of a smaller model, by its probability there
	All     = Model + modelClasses // of a smaller model, whatever its probability

	modelClasses = 8
	classes      = All + 1
)

// matched returns the class of a token after n equal ones.
func matched(n int) Class {
	switch {
	case n == 0:
		return Resumed
	case n < 3:
		return Matched
	case n < 4:
		return Matched + 1
	case n < 8:
		return Matched + 2
	case n < 16:
		return Matched + 3
	}
	return Matched + 4
}

// Modelled returns the class of a token with probability p in a smaller model.
func Modelled(p float32) Class {
	return Model + Class(min(max(int(p*modelClasses), 0), modelClasses-1))
}
