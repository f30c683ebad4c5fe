package gguf

import (
	"fmt"
	"strings"
)

// split returns the number of this part, counted from 0, and how many parts there
// are; 0 and 1 if the file is not split.
func (f *File) split() (no, count int64, err error) {
	count, ok, err := f.Int("split.count")
	if err != nil || !ok || count <= 1 {
		return 0, 1, err
	}
	no, ok, err = f.Int("split.no")
	switch {
	case err != nil:
		return 0, 0, err
	case !ok:
		return 0, 0, f.keyError("split.count", "%d parts, but no key split.no", count)
	case no < 0 || no >= count:
		return 0, 0, f.keyError("split.no", "part %d of %d, counted from 0", no, count)
	}
	return no, count, nil
}

// splitSuffix returns how the name of part no, counted from 0, of count ends.
func splitSuffix(no, count int64) string {
	return fmt.Sprintf("-%05d-of-%05d.gguf", no+1, count)
}

// openParts opens the file called name and, if it is one part of several, all
// of them through open.
func openParts(name string, open func(name string) (*source, error)) (*File, error) {
	f, err := openPart(name, open)
	if err != nil {
		return nil, err
	}
	no, count, err := f.split()
	if err != nil || count == 1 {
		return closeOn(err, f)
	}
	prefix, ok := strings.CutSuffix(name, splitSuffix(no, count))
	if !ok {
		err := f.keyError("split.count", "part %d of %d should have a name that ends in %s", no+1, count, splitSuffix(no, count))
		return closeOn(err, f)
	}
	if no > 0 {
		_ = f.Close() // it was only read, and is opened again with the others
		if f, err = openFirst(prefix, count, open); err != nil {
			return nil, err
		}
	}
	for no := int64(1); no < count; no++ {
		if err := f.join(prefix, no, count, open); err != nil {
			return closeOn(err, f)
		}
	}
	return closeOn(f.checkSplit(), f)
}

// openFirst opens the first of count parts.
func openFirst(prefix string, count int64, open func(name string) (*source, error)) (*File, error) {
	f, err := openPart(prefix+splitSuffix(0, count), open)
	if err != nil {
		return nil, err
	}
	return closeOn(f.checkPart(0, count), f)
}

// openPart opens one file and reads its metadata.
func openPart(name string, open func(name string) (*source, error)) (*File, error) {
	s, err := open(name)
	if err != nil {
		return nil, err
	}
	f, err := parse(s)
	if err != nil {
		_ = s.close() // only read
		return nil, err
	}
	return f, nil
}

// join opens part no of count and adds its tensors to f.
func (f *File) join(prefix string, no, count int64, open func(name string) (*source, error)) error {
	p, err := openPart(prefix+splitSuffix(no, count), open)
	if err != nil {
		return err
	}
	f.sources = append(f.sources, p.sources...) // now closed with f
	f.Parts = append(f.Parts, p.Parts...)
	if err := p.checkPart(no, count); err != nil {
		return err
	}
	if err := p.checkTotal(f); err != nil {
		return err
	}
	for k, t := range p.Tensors {
		if i, ok := f.tensors[t.Name]; ok {
			return p.formatError(subject("tensor", t.Name), p.entries[k], "also in part %d", f.Tensors[i].Part+1)
		}
		t.Part = int(no)
		f.tensors[t.Name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

// checkPart errs unless f's keys say that it is part no of count.
func (f *File) checkPart(no, count int64) error {
	gotNo, gotCount, err := f.split()
	switch {
	case err != nil:
		return err
	case gotCount != count:
		return f.keyError("split.count", "%d parts, but the name says %d", gotCount, count)
	case gotNo != no:
		return f.keyError("split.no", "part %d, counted from 0, but the name says %d", gotNo, no)
	}
	return nil
}

// checkTotal errs if f and the first part disagree about the number of tensors in
// all parts: then f is a part of another model.
func (f *File) checkTotal(first *File) error {
	n, ok, err := f.Int("split.tensors.count")
	want, both, _ := first.Int("split.tensors.count") // checkSplit returns its error
	if err == nil && ok && both && n != want {
		err = f.keyError("split.tensors.count", "%d tensors in all, but the first part says %d", n, want)
	}
	return err
}

// checkSplit compares the tensors of all parts with the number in the first.
func (f *File) checkSplit() error {
	n, ok, err := f.Int("split.tensors.count")
	if err == nil && ok && n != int64(len(f.Tensors)) {
		err = f.keyError("split.tensors.count", "%d tensors, but the parts have %d", n, len(f.Tensors))
	}
	return err
}

// closeOn returns f, or closes it and returns err if that is not nil.
func closeOn(err error, f *File) (*File, error) {
	if err != nil {
		_ = f.Close() // only read
		return nil, err
	}
	return f, nil
}
