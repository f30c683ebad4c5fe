package bench

// A cache is the types of a key/value cache.
type cache struct{ k, v string }

// String returns both, one name if they are the same.
func (c cache) String() string {
	if c.k == c.v {
		return c.k
	}
	return c.k + "+" + c.v
}

// caches returns every combination of types.
func (p Plan) caches() (cs []cache) {
	for _, k := range p.TypesK {
		for _, v := range p.TypesV {
			cs = append(cs, cache{k, v})
		}
	}
	return cs
}
