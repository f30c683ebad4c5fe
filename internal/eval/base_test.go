package eval

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// head returns the head of a base file with these numbers and tokens.
func head(window, vocab, windows int32, tokens ...int32) string {
	b := []byte(magic)
	for _, n := range append([]int32{window, vocab, windows}, tokens...) {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return string(b)
}

func TestHead(t *testing.T) {
	tokens := []int32{1, 2, 3, 4, 5, 9}
	var b bytes.Buffer
	if err := WriteHead(&b, 3, 10, tokens); err != nil {
		t.Fatal(err)
	}
	if want := head(3, 10, 2, tokens...); b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	window, got, err := ReadHead(&b, 10)
	if err != nil || window != 3 || !slices.Equal(got, tokens) {
		t.Errorf("got %d, %d, %v", window, got, err)
	}
}

// hostile are files that are refused, by what is said of them.
var hostile = map[string]string{
	"no such file":                               "",
	"begin with":                                 "_logits_\x03\x00",
	`with "_logits_"`:                            strings.Replace(head(3, 10, 1, 1, 2, 3), "_", "-", 1),
	"windows of 2 tokens":                        head(2, 10, 1, 1, 2),
	"windows of -1 tokens":                       head(-1, 10, 1, 1, 2),
	"windows of 2147483647 tokens":               head(1<<31-1, 10, 1<<31-1),
	"a vocabulary of 11":                         head(3, 11, 1, 1, 2, 3),
	"-2 windows":                                 head(3, 10, -2, 1, 2, 3),
	"8 bytes of tokens, want 12":                 head(3, 10, 1, 1, 2),
	"8 bytes of tokens, want 144115188008747008": head(maxWindow, 10, 1<<31-1, 1, 2),
	"token 1 is 10":                              head(3, 10, 1, 1, 10, 3),
	"token 2 is -1":                              head(3, 10, 1, 1, 1, -1),
}

func TestHostile(t *testing.T) {
	for want, file := range hostile {
		if _, _, err := ReadHead(strings.NewReader(file), 10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", file, err, want)
		}
	}
}

// FuzzBase wants no panic and no memory that the file does not warrant.
func FuzzBase(f *testing.F) {
	f.Add([]byte(head(3, 10, 1, 1, 2, 3)))
	for _, file := range hostile {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		window, tokens, err := ReadHead(bytes.NewReader(b), 10)
		if err == nil && (window < MinWindow || len(tokens)%window != 0 || 4*len(tokens) > len(b)) {
			t.Errorf("window %d, %d tokens of %d bytes", window, len(tokens), len(b))
		}
		if row := make([]byte, RowBytes(10)); copy(row, b) == len(row) {
			var s Scorer
			s.Compare(row, logitsOf(10, 1, 1), 3)
		}
	})
}
