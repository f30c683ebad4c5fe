// Package constrain says which tokens may come next in a text: those that a
// [Grammar] allows and that complete none of the strings of a [Ban]. A [Vocabulary]
// is the tokens in the forms that this takes.
package constrain
