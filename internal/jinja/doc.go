// Package jinja renders the Jinja templates in files of language models, which
// turn a chat into a prompt.
//
// It renders as Python's jinja2 3.1 does with the settings of Hugging Face's
// transformers: trim_blocks and lstrip_blocks, break and continue, the generation
// tag, immutable lists and dicts, a tojson that escapes neither HTML nor
// characters beyond ASCII, raise_exception and strftime_now. Values behave as in
// Python: dicts keep their order, str() of a float is Python's, strings are
// sequences of characters, an undefined value is empty until it is used.
//
// Not supported are tags that read files (include, import, extends) and what
// prompts do not need: the filters urlize, xmlattr, striptags, wordwrap, pprint,
// random and filesizeformat, the functions cycler, joiner and lipsum, integers of
// more than 64 bits. A template that uses one of them is an error. Upper and
// lower case are mapped character by character.
//
// Templates are untrusted. A render has a budget of steps and of bytes that
// depends only on the size of its variables, not on the template; nesting is
// bounded in the parser and in evaluation. A template can read nothing but its
// variables.
//
// Strings that [Mark] has marked as content keep their marks in everything that
// a template does with them: [Template.Segments] says of every byte of a text
// whether it comes from the template or from content. Numbers have no marks.
package jinja
