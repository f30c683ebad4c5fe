// Package jinja renders the Jinja templates that language models' files carry
// to turn a chat into a prompt.
//
// It is Jinja as Python's jinja2 3.1 runs it with the settings of Hugging
// Face's transformers: trim_blocks and lstrip_blocks, break and continue, the
// generation tag, immutable lists and dicts, tojson that escapes neither HTML
// nor what lies beyond ASCII, raise_exception and strftime_now. Values behave
// as Python's do: dicts keep their order, str() of a float is Python's,
// strings are sequences of characters, what is undefined is empty until it is
// used.
//
// Left out are what reads files (include, import, extends) and what is
// of no use to a prompt: the filters urlize, xmlattr, striptags, wordwrap,
// pprint, random and filesizeformat, the functions cycler, joiner and lipsum,
// integers of more than 64 bits. A template that uses any of it gets an error.
// Upper and lower case are mapped one character to one.
//
// A template is hostile input. Rendering has a budget of steps and of bytes
// that does not depend on what the template says, only on the size of what it
// is given; nesting is bounded in parser and walker. No template reaches
// anything but its variables.
//
// Strings that [Mark] has marked as content stay so through everything that a
// template does with them: [Template.Segments] says of every byte of a text
// whether the template wrote it or somebody else did. Numbers have no marks.
package jinja
