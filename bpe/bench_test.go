package bpe

import "testing"

var texts = []struct{ name, file string }{
	{"english", "text/tinyshakespeare.txt"},
	{"wikitext", "text/wikitext-2.test.txt"},
}

func BenchmarkScan(b *testing.B) {
	for _, name := range distinct {
		for _, text := range texts {
			b.Run("pre="+name+"/text="+text.name, func(b *testing.B) {
				s := string(read(b, text.file))
				p, err := preOf(name)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(s)))
				b.ReportAllocs()
				for b.Loop() {
					scan := newScan(p.stages, s)
					for scan.next() != "" {
					}
				}
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"deepseek-llm", "falcon", "gpt-2", "llama-bpe", "llama-spm"} {
		for _, text := range texts {
			b.Run("vocab="+name+"/text="+text.name, func(b *testing.B) {
				s := string(read(b, text.file))
				tok := open(b, vectors[name])
				ids := tok.Encode(nil, s, EncodeOptions{})
				b.SetBytes(int64(len(s)))
				b.ReportAllocs()
				for b.Loop() {
					ids = tok.Encode(ids[:0], s, EncodeOptions{})
				}
			})
		}
	}
}

// BenchmarkSynth encodes with the kinds of vocabulary that the test data lack.
func BenchmarkSynth(b *testing.B) {
	for _, name := range []string{"words", "unigram", "gemma4"} {
		b.Run("vocab="+name+"/text=english", func(b *testing.B) {
			s := string(read(b, "text/tinyshakespeare.txt"))
			tok := must(b, synthVocabs(b)[name])
			ids := tok.Encode(nil, s, EncodeOptions{})
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				ids = tok.Encode(ids[:0], s, EncodeOptions{})
			}
		})
	}
}

// BenchmarkMerge encodes without the cache: every word is merged.
func BenchmarkMerge(b *testing.B) {
	b.Run("vocab=gpt-2/text=english", func(b *testing.B) {
		s := string(read(b, "text/tinyshakespeare.txt"))
		e := newEncoder(open(b, vectors["gpt-2"]))
		b.SetBytes(int64(len(s)))
		var ids []int32
		for b.Loop() {
			ids = ids[:0]
			scan := newScan(e.t.stages, s)
			for pre := scan.next(); pre != ""; pre = scan.next() {
				e.text = append(e.text[:0], pre...)
				ids = e.mergeWord(ids, e.text)
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for _, name := range []string{"deepseek-llm", "gpt-2", "llama-bpe", "llama-spm"} {
		b.Run("vocab="+name, func(b *testing.B) {
			v := vocab{}
			if vectors[name] == llama3File {
				v = llama3(b)
			} else {
				v = readKeys(b, vectors[name]).vocab(b)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := newTokenizer(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"gpt-2", "llama-spm"} {
		b.Run("vocab="+name+"/text=english", func(b *testing.B) {
			s := string(read(b, "text/tinyshakespeare.txt"))
			tok := open(b, vectors[name])
			ids := tok.Encode(nil, s, EncodeOptions{NoBOS: true})
			d := tok.NewDecoder()
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				for _, id := range ids {
					d.Next(id)
				}
			}
		})
	}
}
