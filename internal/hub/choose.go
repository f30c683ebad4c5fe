package hub

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A File is a file of a model.
type File struct {
	Name   string // path in the repository, with slashes
	Size   int64  // bytes
	Digest string // SHA-256, or git's SHA-1 of a small file, in hexadecimal; "" if it is not known

	blob string // name among the cache's blobs
	url  string
}

var (
	partText = regexp.MustCompile(`(?i)-(\d{5})-of-(\d{5})\.gguf$`)
	typeText = regexp.MustCompile(`(?i)^(i?q\d+(_[a-z0-9]+)*|tq\d_\d|bf16|fp?16|fp?32|mxfp4(_moe)?|nvfp4)$`)
)

// Quant returns the type of weights that the name of a file tells, in capitals; "" if
// it tells none.
func Quant(name string) string {
	base := partText.ReplaceAllString(path.Base(name), ".gguf")
	words := strings.FieldsFunc(base, func(c rune) bool { return c == '-' || c == '.' })
	for i := len(words) - 1; i >= 0; i-- {
		if typeText.MatchString(words[i]) {
			quant := strings.ToUpper(words[i])
			if i > 0 && strings.EqualFold(words[i-1], "UD") {
				quant = "UD-" + quant
			}
			return quant
		}
	}
	return ""
}

// model reports whether a file is a model, or the first part of one: other parts,
// projectors and importance matrices are none.
func model(name string) bool {
	base := strings.ToLower(path.Base(name))
	part := partText.FindStringSubmatch(name)
	return strings.HasSuffix(base, ".gguf") && !strings.Contains(base, "mmproj") && !strings.Contains(base, "imatrix") &&
		(part == nil || part[1] == "00001")
}

// choose returns the files that r names, the first part first, in the way of
// llama.cpp: those with the quant in their path; without one Q4_K_M, else the first.
func choose(files []File, r Ref) ([]File, error) {
	var models []File
	for _, f := range files {
		if model(f.Name) && (r.File == "" || f.Name == r.File) {
			models = append(models, f)
		}
	}
	switch {
	case len(models) == 0 && r.File != "":
		return nil, fmt.Errorf("%w: the repository has no model in a file %q", ErrNotFound, r.File)
	case len(models) == 0:
		return nil, fmt.Errorf("%w: the repository has no GGUF file with a model", ErrNotFound)
	case r.File != "":
		return parts(files, models[0])
	}
	quant := r.Quant
	if quant == "" {
		quant = "Q4_K_M"
	}
	has := regexp.MustCompile(`(?i)(^|[-._/])` + regexp.QuoteMeta(quant) + `([-./]|$)`)
	for _, f := range models {
		if has.MatchString(f.Name) {
			return parts(files, f)
		}
	}
	if r.Quant != "" {
		return nil, fmt.Errorf("%w: no file of type %s; there are %s", ErrNotFound, r.Quant, strings.Join(names(models), ", "))
	}
	return parts(files, models[0])
}

// names returns the types of files, or their names.
func names(models []File) []string {
	var list []string
	for _, f := range models {
		name := Quant(f.Name)
		if name == "" {
			name = f.Name
		}
		list = append(list, name)
	}
	return list
}

// parts returns all parts of the model that begins with first.
func parts(files []File, first File) ([]File, error) {
	m := partText.FindStringSubmatch(first.Name)
	if m == nil {
		return []File{first}, nil
	}
	prefix := first.Name[:len(first.Name)-len(m[0])]
	byName := map[string]File{}
	for _, f := range files {
		byName[f.Name] = f
	}
	var all []File
	for no := 1; ; no++ {
		name := fmt.Sprintf("%s-%05d-of-%s.gguf", prefix, no, m[2])
		f, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("%w: part %d of %s", ErrNotFound, no, first.Name)
		}
		all = append(all, f)
		if fmt.Sprintf("%05d", no) == m[2] {
			return all, nil
		}
	}
}
