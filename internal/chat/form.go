package chat

// A form is how a template's models write calls: begin, calls with sep between
// them, end. call has slots for what differs between calls.
type form struct {
	open                  string // how a call or a list of calls begins: the beginning of begin or call
	begin, call, sep, end string
	args                  argsForm
	alone                 bool // there is one call only
}

// Slots of form.call.
const (
	slotName  = "\x00n"
	slotArgs  = "\x00a"
	slotID    = "\x00i" // nine letters and digits
	slotIndex = "\x00d" // a small number
)

// An argsForm is how the arguments of a call are written.
type argsForm struct {
	style style
	// of tags: before a key, between the key and a string or another value, and
	// after the value
	keyOpen, textOpen, valueOpen, valueClose string
	quote                                    string // of braces: around a string
}

// A style is a kind of argsForm.
type style uint8

const (
	asObject style = iota // a JSON object
	asTags                // marks around keys and values
	asPython              // key=value, …
	asBraces              // {key:value,…} with own quotation marks
)

// jsonForm is the form of calls that are JSON objects within marks.
func jsonForm(begin, sep, end, arguments string) form {
	return form{begin: begin, call: `{"name": "` + slotName + `", "` + arguments + `": ` + slotArgs + `}`, sep: sep, end: end}
}

// xmlForm is the form of Qwen3-Coder, within marks.
func xmlForm(open, close, space string) form {
	return form{call: open + "\n<function=" + slotName + ">\n" + slotArgs + "</function>\n" + close, sep: "\n",
		args: argsForm{style: asTags, keyOpen: "<parameter=", textOpen: ">" + space, valueOpen: ">" + space, valueClose: space + "</parameter>\n"}}
}

// harmonyForm is the form of gpt-oss, after the beginning of a message.
var harmonyForm = form{
	open:  "<|channel|>commentary to=functions.",
	call:  "<|channel|>commentary to=functions." + slotName + " <|constrain|>json<|message|>" + slotArgs,
	alone: true,
}

// builtinForm is the form for templates that know of no tools.
var builtinForm = form{open: "<tool_call>", call: "<tool_call>\n{\"name\": \"" + slotName + "\", \"arguments\": " + slotArgs + "}\n</tool_call>", sep: "\n"}

// form returns the form of calls: what the template makes of calls, else what its
// syntax says, else the built-in one.
func (t *Template) form() *form {
	t.forms.Do(func() { t.found = t.findForm() })
	return &t.found
}

func (t *Template) findForm() form {
	if t.speech.harmony {
		return harmonyForm
	}
	one, two := "", ""
	if !t.toolless() {
		one, two = t.probe(1), t.probe(2)
	}
	for i := range t.speech.syntaxes {
		if y := &t.speech.syntaxes[i]; !y.fixed {
			if f, ok := deriveForm(y, one, two); ok {
				return f
			}
		}
	}
	for i := range t.speech.syntaxes {
		if y := &t.speech.syntaxes[i]; y.form.call != "" && (!t.toolless() || y.form.args.style == asObject && y.open != "") {
			f := y.form
			f.open = y.open
			return f
		}
	}
	return builtinForm
}
