package gguf

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseKV(t *testing.T) {
	for s, want := range map[string]any{
		"a.b=int:-7":     int64(-7),
		"a.b=float:1.5":  1.5,
		"a.b=bool:true":  true,
		"a.b=bool:false": false,
		"a.b=str:x=y:z":  "x=y:z",
		"a.b=str:":       "",
	} {
		if kv, err := ParseKV(s); err != nil || kv.Key != "a.b" || kv.Value != want {
			t.Errorf("%s: got %v, %v", s, kv, err)
		}
	}
	for _, s := range []string{"", "a", "a=", "=str:x", "a=x", "a=int:", "a=int:1.5", "a=int:9223372036854775808", "a=float:x",
		"a=bool:1", "a=arr:x"} {
		if kv, err := ParseKV(s); err == nil || !strings.Contains(err.Error(), "override") || !strings.Contains(err.Error(), "want") || strings.Contains(err.Error(), "strconv") {
			t.Errorf("%q: got %v, %v", s, kv, err)
		}
	}
}

func TestOverride(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, []KV{{"a", "old"}, {"n", uint32(1)}}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range []KV{{"a", "new"}, {"n", int64(2)}, {"more", true}, {"more", false}} {
		if err := f.Override(kv); err != nil {
			t.Fatal(err)
		}
	}
	if s, ok, err := f.Str("a"); s != "new" || !ok || err != nil {
		t.Errorf("a: %q, %v, %v", s, ok, err)
	}
	if n, ok, err := f.Int("n"); n != 2 || !ok || err != nil {
		t.Errorf("n: %d, %v, %v", n, ok, err)
	}
	if v, ok, err := f.Bool("more"); v || !ok || err != nil {
		t.Errorf("more: %v, %v, %v", v, ok, err)
	}
	if _, _, err := f.Str("more"); err == nil {
		t.Error("a string")
	}
	if err := f.Override(KV{"x", struct{}{}}); err == nil {
		t.Error("a struct is a value")
	}
	if len(f.KV) != 3 {
		t.Errorf("%d keys", len(f.KV))
	}
}
