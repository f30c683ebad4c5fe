package grammar

type ruleOp uint8

const (
	ruleText ruleOp = iota
	ruleSet
	ruleName
	ruleConcat
	ruleOr
	ruleRepeat
	rulePattern   // a regular expression
	ruleSubstring // some of chunks in a row
	ruleAnd       // what all of args match; they are regular
	ruleNot       // what args[0] does not match; it is regular
	ruleLexeme    // args[0], which is regular, and what is ignored after it
	ruleLazy      // the same, and args[0] ends where it first can
	ruleSchema    // the values of a JSON Schema, and what is ignored after them
)

// A ruleNode is a part of the right side of a rule as it is written.
type ruleNode struct {
	op       ruleOp
	text     string // of a literal, or the name of a rule
	set      runeSet
	args     []*ruleNode
	min, max int
	pattern  *pattern
	schema   *value
	chunks   []string
	place
}

// A namedRule is a rule and what is known of it.
type namedRule struct {
	name  string
	body  *ruleNode
	state uint8 // see ruleLowering.classify
	size  int64
	expr  expr
	sym   symbol
}
