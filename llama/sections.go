package llama

// A sectionKind says how the pairs of a head are divided into sections that rotate
// by positions of their own: those of time, height and width of a picture, and a
// fourth, which is 0. A text has one position for the first three.
type sectionKind uint8

const (
	sectionsNone     sectionKind = iota
	sectionsInTurn               // one section after the other
	sectionsThrough              // pairs of the first three in turn
	sectionsOptional             // one section after the other, if the file has them
)

// sections reads the sizes of the sections.
func (r *keyReader) sections(c *Config) {
	const key = "rope.dimension_sections"
	if r.err != nil {
		return
	}
	list, ok, err := r.f.Ints(r.arch + "." + key)
	switch {
	case r.fam.sections == sectionsNone:
		if len(list) > 1 && list[0] > 0 && list[1] > 0 {
			r.unsupported(key, "%d", list)
		}
	case err != nil:
		r.fail(err)
	case !ok && r.fam.sections != sectionsOptional && r.fam.mixer == MixAttention:
		r.bad(key, "missing")
	case len(list) > len(c.RopeSections):
		r.bad(key, "list of %d, want at most %d", len(list), len(c.RopeSections))
	default:
		for i, n := range list {
			if n < 0 || int64(n) > maxCount {
				r.bad(key, "%d, want 0 to %d", n, maxCount)
				return
			}
			c.RopeSections[i] = int(n)
		}
	}
}

// still reports whether pair i of a head rotates by the fourth position, and so
// not at all in a text.
func (c *Config) still(i int) bool {
	s := &c.RopeSections
	all := s[0] + s[1] + s[2] + s[3]
	if all == 0 {
		return false
	}
	i %= all
	if c.family().sections == sectionsThrough {
		return i >= 3*s[i%3]
	}
	return i >= s[0]+s[1]+s[2]
}
