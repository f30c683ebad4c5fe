package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/gguf"
)

// Lists of files that are malformed or hostile are errors.
func TestParseRepo(t *testing.T) {
	digest := strings.Repeat("a", 64)
	list := func(name, size, digest string) string {
		return `{"sha":"` + commit + `","siblings":[{"rfilename":"` + name + `","lfs":{"sha256":"` + digest + `","size":` + size + `}}]}`
	}
	for _, c := range []struct{ in, want string }{
		{list("a.gguf", "5", digest), ""},
		{list("a/b c(1)+ü.gguf", "5", digest), ""},
		{`{"sha":"` + commit + `"}`, ""},
		{`{"sha":"` + commit + `","siblings":[{"rfilename":"a.gguf"}]}`, ""},
		{"", "unexpected end"}, {"[]", "cannot unmarshal"}, {"{}", "commit"}, {`{"sha":"../../x"}`, "commit"},
		{`{"sha":7}`, "cannot unmarshal"},
		{list("../a.gguf", "5", digest), "not a path"}, {list("/etc/a.gguf", "5", digest), "not a path"},
		{list("a/../../b.gguf", "5", digest), "not a path"}, {list(`..\\a.gguf`, "5", digest), "not a path"},
		{list(`a\u0000b.gguf`, "5", digest), "not a path"}, {list("C:a.gguf", "5", digest), "not a path"},
		{list("a.gguf", "-1", digest), "-1 bytes"}, {list("a.gguf", "9223372036854775807", digest), "bytes"},
		{list("a.gguf", "1e400", digest), "cannot unmarshal"},
		{list("a.gguf", "5", "../../x"), "hash"}, {list("a.gguf", "5", strings.ToUpper(digest)), "hash"},
		{list("a.gguf", "5", digest+"a"), "hash"},
	} {
		_, _, err := parseRepo([]byte(c.in))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.in, err, c.want)
		}
	}
}

// Manifests that are malformed or hostile are errors.
func TestParseManifest(t *testing.T) {
	layer := func(kind, digest, size string) string {
		return `{"mediaType":"` + kind + `","digest":"` + digest + `","size":` + size + `}`
	}
	digest := "sha256:" + strings.Repeat("a", 64)
	good := layer(modelLayer, digest, "5")
	for _, c := range []struct{ in, want string }{
		{`{"layers":[` + layer("application/vnd.ollama.image.template", "x", "-1") + `,` + good + `]}`, ""},
		{"", "unexpected end"}, {"{}", "0 layers"}, {`{"layers":null}`, "0 layers"}, {`{"layers":[null]}`, "0 layers"},
		{`{"layers":{}}`, "cannot unmarshal"}, {`{"layers":[` + good + `,` + good + `]}`, "2 layers"},
		{`{"layers":[` + layer(modelLayer, "sha256:../../etc/x", "5") + `]}`, "digest"},
		{`{"layers":[` + layer(modelLayer, digest+"a", "5") + `]}`, "digest"},
		{`{"layers":[` + layer(modelLayer, "sha256:"+strings.Repeat("a", 40), "5") + `]}`, "digest"},
		{`{"layers":[` + layer(modelLayer, strings.Repeat("a", 64), "5") + `]}`, "digest"},
		{`{"layers":[` + layer(modelLayer, digest, "0") + `]}`, "0 bytes"},
		{`{"layers":[` + layer(modelLayer, digest, "-5") + `]}`, "-5 bytes"},
		{`{"layers":[` + layer(modelLayer, digest, "9223372036854775807") + `]}`, "bytes"},
	} {
		f, err := parseManifest([]byte(c.in))
		if c.want == "" && (err != nil || f.Size != 5 || "sha256:"+f.Digest != digest) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %+v, %v, want %q", c.in, f, err, c.want)
		}
	}
}

// What parses is safe to be a name in the cache.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"sha":"`+commit+`","siblings":[{"rfilename":"a.gguf","lfs":{"sha256":"`+strings.Repeat("a", 64)+`","size":5}}]}`), "org/name:Q8_0")
	f.Add([]byte(`{"layers":[{"mediaType":"`+modelLayer+`","digest":"sha256:`+strings.Repeat("a", 64)+`","size":5}]}`), "ollama://h.x/n:t")
	f.Add([]byte(`{"sha":"`+commit+`","siblings":[{"rfilename":"m-00001-of-00002.gguf"},{"rfilename":"m-00002-of-00002.gguf"}]}`), "hf://o/n/f.gguf")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		c := Cache{"cache"}
		inside := func(p string) {
			if rel, err := filepath.Rel("cache", p); err != nil || !filepath.IsLocal(rel) || rel == "." {
				t.Fatalf("%q is outside", p)
			}
		}
		r, err := ParseRef(name)
		if err == nil {
			inside(c.repo(r.repo()).dir())
			if again, err := ParseRef(r.String()); err != nil || again.String() != r.String() {
				t.Fatalf("%q is %q, then %q, %v", name, r, again, err)
			}
		}
		repo := c.repo("org/name")
		if commit, files, err := parseRepo(b); err == nil {
			if chosen, err := choose(files, r); err == nil {
				for _, f := range chosen {
					inside(repo.snapshot(commit, f.Name))
					inside(repo.blob(f.blob))
				}
			}
		}
		if f, err := parseManifest(b); err == nil {
			inside(repo.blob(f.blob))
		}
	})
}

// What a hub says of names, tokens and revisions.
func TestFind(t *testing.T) {
	h := newHub(t, map[string][]byte{"model.gguf": noise(10, 1)})
	for _, c := range []struct {
		ref    string
		change func(*Client)
		kind   error
		want   string
	}{
		{"org/name", func(*Client) {}, nil, ""},
		{"org/other", func(*Client) {}, ErrNotFound, "404"},
		{"org/name@dev", func(*Client) {}, ErrNotFound, "404"},
		{"org/name:Q8_0", func(*Client) {}, ErrNotFound, "no file of type Q8_0; there are model.gguf"},
		{"org/name", func(c *Client) { c.Token = "" }, ErrNotFound, "Repository not found (it does not exist, or needs a token: HF_TOKEN)"},
		{"org/name", func(c *Client) { c.Token = "other" }, ErrNotFound, "is its licence accepted?"},
		{"org/name", func(c *Client) { c.Offline = true }, ErrOffline, "HF_HUB_OFFLINE"},
		{"org/name", func(c *Client) { c.Public = true }, ErrPrivate, "127.0.0.1"},
		{"org/name", func(c *Client) { c.Endpoint = "http://example.com" }, nil, "want https"},
		{"org/name", func(c *Client) { c.Endpoint = "example.com" }, nil, "no host"},
		{"https://127.0.0.1:1/a.gguf", func(c *Client) { c.Public = true }, ErrPrivate, "127.0.0.1"},
	} {
		client := h.client(t)
		c.change(client)
		r, err := ParseRef(c.ref)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Find(t.Context(), r)
		if c.want != "" {
			wantErr(t, err, c.kind, c.want)
		} else if err != nil {
			t.Error(err)
		}
	}
}

// Private addresses, however written, are refused to servers.
func TestPublicOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true,
		"127.0.0.1:80": false, "10.0.0.1:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false, "169.254.169.254:80": false,
		"100.64.0.1:80": false, "0.0.0.0:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false,
		"[::1]:80": false, "[::]:80": false, "[fe80::1]:80": false, "[fc00::1]:80": false, "[::ffff:127.0.0.1]:80": false,
		"[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false,
	} {
		if err := publicOnly("tcp", address, nil); (err == nil) != ok || err != nil && !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A redirect to another host, even by way of it, loses the token; none leaves https.
func TestRedirect(t *testing.T) {
	for _, c := range []struct {
		hops []string
		want string // an error, or whether the token stays
	}{
		{[]string{"https://a.com/1", "https://a.com/2"}, "stays"},
		{[]string{"https://a.com/1", "https://cdn.a.com/2"}, "goes"},
		{[]string{"https://a.com/1", "https://a.com:444/2"}, "goes"},
		{[]string{"https://a.com/1", "https://b.com/2", "https://a.com/3"}, "goes"},
		{[]string{"https://a.com/1", "http://a.com/2"}, "want https"},
		{[]string{"https://a.com/1", "http://127.0.0.1/2"}, "not https"},
		{[]string{"https://a.com/1", "https://u:p@b.com/2"}, "user"},
	} {
		var via []*http.Request
		for _, hop := range c.hops {
			u, err := url.Parse(hop)
			if err != nil {
				t.Fatal(err)
			}
			via = append(via, &http.Request{URL: u, Header: http.Header{"Authorization": {"Bearer x"}}})
		}
		last := via[len(via)-1]
		err := redirect(last, via[:len(via)-1])
		got := "goes"
		if last.Header.Get("Authorization") != "" {
			got = "stays"
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.hops, got, c.want)
		}
	}
}

// A registry's manifest leads to a blob, which is a model of the cache.
func TestRegistry(t *testing.T) {
	data := noise(20_000, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "":
			t.Errorf("%s: the token of the hub arrives", r.URL)
		case r.URL.Path == "/v2/library/qwen3/manifests/0.6b":
			json.NewEncoder(w).Encode(map[string]any{"layers": []any{map[string]any{"mediaType": modelLayer, "digest": "sha256:" + hexSum(data), "size": len(data)}}})
		case r.URL.Path == "/v2/library/qwen3/blobs/sha256:"+hexSum(data):
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://evil.example/token"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer s.Close()
	c := &Client{Token: token, Cache: Cache{t.TempDir()}, Chunk: 9000, Wait: 1}
	ref := "ollama://" + strings.TrimPrefix(s.URL, "http://") + "/qwen3:0.6b"
	path := pulled(t, c, ref, data)
	r, _ := ParseRef(ref)
	if e, ok := c.Cache.Lookup(r); !ok || e.Path != path {
		t.Errorf("%+v, %v", e, ok)
	}
	_, err := pullRef(t, c, strings.Replace(ref, "0.6b", "7b", 1))
	wantErr(t, err, ErrNotFound, "401")
}

// One file at an address is fetched, kept and found again.
func TestURL(t *testing.T) {
	data := noise(20_000, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	defer s.Close()
	c := &Client{Cache: Cache{t.TempDir()}, Chunk: 9000, Wait: 1}
	for _, name := range []string{"/files/m-Q8_0.gguf", "/files/other"} {
		path := pulled(t, c, s.URL+name, data)
		r, _ := ParseRef(s.URL + name)
		if e, ok := c.Cache.Lookup(r); !ok || e.Path != path {
			t.Errorf("%+v, %v", e, ok)
		}
	}
}

// The header of a file is read by ranges, once.
func TestFS(t *testing.T) {
	var b bytes.Buffer
	const size = 4 << 20
	err := gguf.Write(&b, []gguf.KV{{Key: "general.architecture", Value: "llama"}, {Key: "list", Value: make([]int32, 50_000)}},
		[]gguf.WriteTensor{{Name: "a", Shape: []uint64{size / 4}, Data: func(w io.Writer) error {
			_, err := w.Write(make([]byte, size))
			return err
		}}})
	if err != nil {
		t.Fatal(err)
	}
	h := newHub(t, map[string][]byte{"model.gguf": b.Bytes()})
	c := h.client(t)
	r, _ := ParseRef("org/name")
	m, err := c.Find(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	remote := c.FS(t.Context(), m)
	for range 2 {
		f, err := gguf.OpenFS(remote, "model.gguf")
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Tensors) != 1 || f.Tensors[0].Size != size {
			t.Errorf("%+v", f.Tensors)
		}
		f.Close()
	}
	if _, served, _ := h.figures(); served > 1<<20 {
		t.Errorf("%d bytes served for a header of 200,000", served)
	}
	if _, err := remote.Open("other.gguf"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
