package llama_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/tales"
)

// pages are the SHA-256 of the pages of a prompt in the embedded model. Where one
// of them changes, pageFormat must change: files with the old pages are left.
var pages = map[llama.KVType]string{
	llama.KVF16:  "43527793aa3f1ca06ab162c1ac539603501f33bbfccdc0cee45d71e505624496",
	llama.KVF32:  "7a6406e54122ce03da94265ac129c66d557a09094323c77748536c8efcce062d",
	llama.KVQ8_0: "860c7852a6e9878f2387ec697e3b2a96d99080956b29f432a23147cc314ec13f",
	llama.KVQ4_0: "0cfe86b554748f5d17f84028c824e96d449754b2599f7f8db57249041e85776e",
}

// The bytes of a page are the same on every machine, whatever was behind its
// positions, and CacheID tells the types apart.
func TestCachePages(t *testing.T) {
	ids := map[[32]byte]llama.KVType{}
	for typ, want := range pages {
		f, err := gguf.OpenFS(tales.FS, tales.Name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := llama.Load(f, llama.Options{Threads: 1, CacheTypeK: typ, CacheTypeV: typ})
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := ids[m.CacheID()]; ok {
			t.Errorf("types %v and %v have one CacheID", typ, other)
		}
		ids[m.CacheID()] = typ
		var sums []string
		for _, rest := range []byte{0, 0xA5} {
			c := m.NewCache(0)
			s := c.NewSeq("")
			if err := s.Extend(5); err != nil {
				t.Fatal(err)
			}
			for g := range m.CacheConfig().Groups {
				for i := range s.Pages(g)[0] {
					s.Pages(g)[0][i] = rest
				}
			}
			var batch []llama.Token
			for i := range 5 {
				batch = append(batch, llama.Token{Seq: s, ID: int32(10 * (i + 1))})
			}
			if err := m.Forward(t.Context(), batch, new(llama.Output)); err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			for g := range m.CacheConfig().Groups {
				page := bytes.Clone(s.Pages(g)[0])
				m.ClearCache(g, page, 5)
				h.Write(page)
			}
			sums = append(sums, hex.EncodeToString(h.Sum(nil)))
			s.Close()
			c.Close()
		}
		if sums[0] != want || sums[1] != want {
			t.Errorf("type %v: got %v, want %s", typ, sums, want)
		}
		m.Close()
		f.Close()
	}
}
