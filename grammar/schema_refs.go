package grammar

import (
	"net/url"
	"strconv"
	"strings"
)

// schemaKeywords are the keywords whose values hold schemas, true if by name.
var schemaKeywords = map[string]bool{
	"$defs": true, "definitions": true, "properties": true, "patternProperties": true, "dependentSchemas": true, "dependencies": true,
	"additionalProperties": false, "unevaluatedProperties": false, "propertyNames": false, "items": false, "prefixItems": false,
	"additionalItems": false, "unevaluatedItems": false, "contains": false, "allOf": false, "anyOf": false, "oneOf": false,
	"not": false, "if": false, "then": false, "else": false, "contentSchema": false,
}

// index notes the addresses of the schemas below v, whose base address is base.
func (s *schemas) index(v *value, base string, depth int) {
	if v.kind == valueArray {
		for _, a := range v.items {
			s.index(a, base, depth+1)
		}
		return
	}
	if v.kind != valueObject {
		return
	}
	base = s.identify(v, base)
	if depth == 0 {
		s.place(base, v)
	}
	for _, key := range []string{"$anchor", "$dynamicAnchor"} {
		if a := v.get(key); a != nil && a.kind == valueString {
			s.place(base+"#"+a.text, v)
		}
	}
	s.bases[v] = base
	for i, k := range v.keys {
		named, ok := schemaKeywords[k]
		if !ok {
			continue
		}
		if !named {
			s.index(v.items[i], base, depth+1)
			continue
		}
		for _, a := range v.items[i].items {
			s.index(a, base, depth+1)
		}
	}
}

// identify notes the address that v gives itself, and returns the base address of
// what is below it.
func (s *schemas) identify(v *value, base string) string {
	for _, key := range []string{"$id", "id"} {
		if id := v.get(key); id != nil && id.kind == valueString && !(key == "id" && !s.legacy) {
			if full, ok := resolve(base, id.text); ok {
				if hash := strings.IndexByte(full, '#'); hash < 0 || hash == len(full)-1 {
					base = strings.TrimSuffix(full, "#")
				}
				s.place(strings.TrimSuffix(full, "#"), v)
			}
		}
	}
	return base
}

// place notes that v is at address. The first wins.
func (s *schemas) place(address string, v *value) {
	if s.places[address] == nil {
		s.places[address] = v
	}
}

// resolve returns the full address of ref as seen from base.
func resolve(base, ref string) (string, bool) {
	b, err := url.Parse(base)
	if err != nil {
		return "", false
	}
	r, err := url.Parse(ref)
	if err != nil {
		return "", false
	}
	if base == "" {
		return ref, true
	}
	if b.Opaque != "" && r.Scheme == "" && strings.HasPrefix(ref, "#") {
		return base + ref, true
	}
	return b.ResolveReference(r).String(), true
}

// target returns the schema that a $ref in v leads to.
func (s *schemas) target(v *value, keyword, ref string) (*value, error) {
	full, ok := resolve(s.bases[v], ref)
	if !ok {
		return nil, refuse(v, keyword, "%q is no address", ref)
	}
	if t := s.places[strings.TrimSuffix(full, "#")]; t != nil {
		return t, nil
	}
	doc, fragment, _ := strings.Cut(full, "#")
	t := s.places[doc]
	if t == nil {
		return nil, refuse(v, keyword, "%q is not in the document", ref)
	}
	if fragment, err := url.PathUnescape(fragment); err == nil && strings.HasPrefix(fragment, "/") {
		for _, part := range strings.Split(fragment[1:], "/") {
			part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
			if t = t.child(part); t == nil {
				break
			}
			if base := s.bases[t]; t.kind == valueObject && base == "" && s.bases[v] != "" {
				s.bases[t] = doc
			}
		}
		if t != nil {
			return t, nil
		}
	}
	return nil, refuse(v, keyword, "%q is not in the document", ref)
}

// child returns the member or element that a part of a JSON pointer names.
func (v *value) child(part string) *value {
	if v.kind == valueArray {
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v.items) {
			return v.items[i]
		}
		return nil
	}
	return v.get(part)
}

// dynamic reports whether a $dynamicRef may lead elsewhere than a $ref would:
// where more than one schema has the anchor.
func (s *schemas) dynamic(ref string) bool {
	n := 0
	for place, v := range s.places {
		if a := v.get("$dynamicAnchor"); a != nil && strings.HasSuffix(place, "#"+a.text) {
			n++
		}
	}
	return n > 1
}
