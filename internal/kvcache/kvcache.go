package kvcache

type Kind uint8

const (
	Full Kind = iota
	Window
	State
)

type Group struct {
	Kind   Kind
	Bytes  int
	Window int
}
type Config struct {
	Positions  int
	Groups     []Group
	Checkpoint int
	Budget     int64
	NoPrefix   bool
}
type Cache struct{ c Config }
type Stats struct{ Used int64 }

func New(c Config) *Cache              { return &Cache{c} }
func (c *Cache) NewSeq(s string) *Seq  { return &Seq{c: c, pages: make([][][]byte, len(c.c.Groups))} }
func (c *Cache) Close()                {}
func (c *Cache) Stats() (s Stats)      { return }

type Seq struct {
	c     *Cache
	n     int
	pages [][][]byte
}

func (s *Seq) Len() int { return s.n }
func (s *Seq) Extend(n int) error {
	for g := range s.pages {
		for len(s.pages[g])*s.c.c.Positions < s.n+n {
			s.pages[g] = append(s.pages[g], make([]byte, s.c.c.Groups[g].Bytes))
		}
	}
	return nil
}
func (s *Seq) Commit(ids []int32)     { s.n += len(ids) }
func (s *Seq) Discard() int           { return s.n }
func (s *Seq) Rewind(n int) int       { s.n = n; return n }
func (s *Seq) Pages(g int) [][]byte   { return s.pages[g] }
func (s *Seq) Close()                 { s.n = 0 }
