package safetensors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// maxName is the most bytes of a tensor's name.
const maxName = 1024

// parseHeader reads the JSON object that a file begins with. A name or key that
// comes twice is an error, as readers differ in which of the two they take.
func parseHeader(text []byte) (*header, error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, malformed("the header is not a JSON object")
	}
	h := &header{}
	p := &parser{dec: json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	seen := map[string]bool{}
	err := p.object(func(name string) error {
		if seen[name] {
			return fmt.Errorf("a second %q", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			return p.metadata(h)
		}
		e := entry{Tensor: Tensor{Name: name}}
		if len(name) == 0 || len(name) > maxName {
			return fmt.Errorf("a tensor's name of %d bytes, want 1 to %d", len(name), maxName)
		}
		if err := p.tensor(&e); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.entries = append(h.entries, e)
		return nil
	})
	if err == nil && len(bytes.TrimSpace(text[p.dec.InputOffset():])) > 0 {
		err = fmt.Errorf("more after the object")
	}
	if err != nil {
		return nil, malformed("header, byte %d: %v", 8+p.dec.InputOffset(), err)
	}
	return h, nil
}

// A parser reads JSON token by token, so it never nests deeper than it expects.
type parser struct{ dec *json.Decoder }

// object reads an object and calls member after each key.
func (p *parser) object(member func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	for p.dec.More() {
		key, err := p.str()
		if err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

// delim reads one bracket.
func (p *parser) delim(want json.Delim) error {
	t, err := p.dec.Token()
	if err == nil && t != want {
		err = fmt.Errorf("got %.20v, want %v", t, want)
	}
	return err
}

// str reads a string.
func (p *parser) str() (string, error) {
	t, err := p.dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("got %.20v, want a string", t)
	}
	return s, nil
}

// numbers reads an array of whole numbers, at most most.
func (p *parser) numbers(most int) ([]uint64, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	var out []uint64
	for p.dec.More() {
		t, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		num, ok := t.(json.Number)
		n, err := strconv.ParseUint(string(num), 10, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("got %.20v, want a whole number", t)
		}
		if len(out) == most {
			return nil, fmt.Errorf("more than %d numbers", most)
		}
		out = append(out, n)
	}
	return out, p.delim(']')
}

// metadata reads the texts of __metadata__.
func (p *parser) metadata(h *header) error {
	h.Metadata = map[string]string{}
	return p.object(func(key string) (err error) {
		if _, again := h.Metadata[key]; again {
			return fmt.Errorf("a second %q", key)
		}
		h.Metadata[key], err = p.str()
		return err
	})
}

// tensor reads the entry of a tensor.
func (p *parser) tensor(e *entry) error {
	seen := map[string]bool{}
	err := p.object(func(key string) error {
		if seen[key] {
			return fmt.Errorf("a second %q", key)
		}
		seen[key] = true
		switch key {
		case "dtype":
			return p.dtype(e)
		case "shape":
			return p.shape(e)
		case "data_offsets":
			offsets, err := p.numbers(2)
			if err == nil && len(offsets) != 2 {
				err = fmt.Errorf("data_offsets: %d numbers, want 2", len(offsets))
			}
			if err == nil {
				e.begin, e.end = offsets[0], offsets[1]
			}
			return err
		}
		return fmt.Errorf("unknown key %q", key)
	})
	if err == nil && len(seen) != 3 {
		err = fmt.Errorf("want dtype, shape and data_offsets")
	}
	return err
}

// dtype reads the type of a tensor.
func (p *parser) dtype(e *entry) error {
	name, err := p.str()
	if err != nil {
		return err
	}
	d, ok := dtypeOf(name)
	if !ok {
		return fmt.Errorf("dtype %.20q is not supported; known are F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E8M0 and the integers", name)
	}
	e.DType = d
	return nil
}

// shape reads the dimensions of a tensor, each of which fits in 47 bits.
func (p *parser) shape(e *entry) error {
	dims, err := p.numbers(MaxDims)
	if err != nil {
		return fmt.Errorf("shape: %w", err)
	}
	e.Shape = make([]int, len(dims))
	for i, d := range dims {
		e.Shape[i] = int(d)
		if d >= 1<<47 || e.Shape[i] < 0 || uint64(e.Shape[i]) != d {
			return fmt.Errorf("shape: a dimension of %d", d)
		}
	}
	return nil
}
