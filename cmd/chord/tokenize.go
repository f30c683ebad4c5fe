package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// A tokenize is the flags of chord tokenize.
type tokenize struct {
	model   string
	options chord.Options
	prompt  prompt
	ids     bool
	noBOS   bool
	noParse bool
	decode  bool
	count   bool
}

// tokenizeCommand returns chord tokenize.
func (a *app) tokenizeCommand() *cobra.Command {
	var t tokenize
	cmd := &cobra.Command{
		Use:   "tokenize [text]",
		Short: "Turn text into token ids, or ids into text",
		Long: "Turn text into token ids, or with --decode ids into text. The text is an argument,\n" +
			"or comes from -p, -f, --stdin or a pipe, and is taken as it is. The model needs no\n" +
			"more than a vocabulary.",
		Example: `  chord tokenize --ids "Once upon a time"
  chord tokenize -m model.gguf --stdin --ids < text.txt > ids.json
  chord tokenize -m model.gguf --decode --stdin < ids.json`,
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		return t.run(a, cmd.Flags(), args)
	})
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&t.model, "model", "m", "", "GGUF `file`; without it, the model in the binary")
	t.prompt.flags(f)
	f.BoolVar(&t.prompt.stdin, "stdin", false, "read the text from stdin")
	f.BoolVar(&t.ids, "ids", false, "print a JSON array of ids")
	f.BoolVar(&t.noBOS, "no-bos", false, "do not add what the model wants around a text, such as BOS; with --decode, leave it in")
	f.BoolVar(&t.noParse, "no-parse-special", false, "take names of control tokens as text")
	f.BoolVar(&t.decode, "decode", false, "read ids, a JSON array or numbers between spaces, and print their text")
	f.BoolVar(&t.count, "show-count", false, "print the number of tokens too")
	overrideKV(f, &t.options.OverrideKV)
	modelFiles(cmd)
	return cmd
}

// run reads the text, opens the vocabulary and prints.
func (t *tokenize) run(a *app, f *pflag.FlagSet, args []string) error {
	if t.decode && (t.ids || t.count || t.noParse) {
		return usagef("--decode cannot be used with --ids, --show-count or --no-parse-special")
	}
	text, named, err := t.prompt.read(a, f, args)
	if err != nil {
		return err
	}
	if !named {
		return usagef("no text: give it as an argument, with -p, -f or --stdin (see chord tokenize --help)")
	}
	tok, err := openTokenizer(t.model, t.options)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(a.out)
	if t.decode {
		err = t.printText(w, tok, text, isTerminal(a.out))
	} else {
		o := bpe.EncodeOptions{NoBOS: t.noBOS, NoParseSpecial: t.noParse}
		a.warnBOS(tok, text, o)
		t.printIDs(w, tok, tok.Encode(nil, text, o))
	}
	return firstError(err, w.Flush())
}

// warnBOS warns if text, encoded with o, begins with two BOS tokens.
func (a *app) warnBOS(tok *bpe.Tokenizer, text string, o bpe.EncodeOptions) {
	const enough = 1 << 10 // bytes to see its beginning
	if o.NoBOS || !tok.DoubleBOS(tok.Encode(nil, text[:min(len(text), enough)], o)) {
		return
	}
	fmt.Fprintf(a.err, "chord: the text begins with %s, which the model adds by itself: it is there twice\n", printable(tok.Token(tok.BOS())))
}

// openTokenizer opens the vocabulary of a file, or of the model in the binary.
func openTokenizer(path string, o chord.Options) (*bpe.Tokenizer, error) {
	if path != "" {
		return chord.OpenTokenizer(path, o)
	}
	builtin := modelFlags{options: o}
	m, err := builtin.open()
	if err != nil {
		return nil, err
	}
	return m.Tokenizer(), m.Close()
}

// printIDs prints ids as a JSON array, or each with its piece.
func (t *tokenize) printIDs(w io.Writer, tok *bpe.Tokenizer, ids []int32) {
	if t.ids {
		b := []byte("[")
		for i, id := range ids {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = strconv.AppendInt(b, int64(id), 10)
		}
		w.Write(append(b, "]\n"...))
	} else {
		for _, id := range ids {
			fmt.Fprintf(w, "%6d -> '%s'\n", id, oneLine(tok.Piece(id)))
		}
	}
	if t.count {
		fmt.Fprintf(w, "Total number of tokens: %d\n", len(ids))
	}
}

// oneLine returns s with escapes for everything that is not visible.
func oneLine(s string) string {
	q := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// shown returns s with escapes for control characters, safe for a terminal.
func shown(s string) string {
	var b strings.Builder
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printText prints the text of the ids in text, byte for byte; on a terminal, control
// characters are escapes and the line is ended. Without noBOS, the BOS and EOS that
// the tokenizer adds are left out.
func (t *tokenize) printText(w io.Writer, tok *bpe.Tokenizer, text string, terminal bool) error {
	ids, err := parseIDs(text, tok.Len())
	if err != nil {
		return err
	}
	if n := len(ids); !t.noBOS && tok.AddBOS() && n > 0 && ids[0] == tok.BOS() {
		ids = ids[1:]
	}
	if n := len(ids); !t.noBOS && tok.AddEOS() && n > 0 && ids[n-1] == tok.EOS() {
		ids = ids[:n-1]
	}
	s := tok.Decode(ids, bpe.DecodeOptions{})
	if terminal {
		if s = shown(s); !strings.HasSuffix(s, "\n") {
			s += "\n"
		}
	}
	_, err = io.WriteString(w, s)
	return err
}

// parseIDs reads ids below vocab: a JSON array, or numbers with commas or
// white space between.
func parseIDs(s string, vocab int) ([]int32, error) {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if s, ok = strings.CutSuffix(inner, "]"); !ok {
			return nil, usagef("ids: %q has no end ]", firstRunes("["+inner, 20))
		}
	}
	fields := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
	ids := make([]int32, len(fields))
	for i, field := range fields {
		id, err := strconv.ParseInt(field, 10, 32)
		if err != nil {
			return nil, usagef("ids: number %d, %q, is not a token id", i+1, firstRunes(field, 20))
		}
		if id < 0 || id >= int64(vocab) {
			return nil, usagef("ids: number %d is %d, the vocabulary has 0 to %d", i+1, id, vocab-1)
		}
		ids[i] = int32(id)
	}
	return ids, nil
}
