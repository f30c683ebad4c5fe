package hub

import (
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// The kinds of places that models come from.
const (
	fromHub      = "hf"     // Hugging Face's API
	fromRegistry = "ollama" // manifests and blobs
	fromURL      = "url"    // one file
)

// A Ref is the name of a model.
type Ref struct {
	Repo     string // org/name
	Revision string // branch, tag or commit; "" is main
	Quant    string // such as Q4_K_M; "" is that, or the first file
	File     string // file of the repository, in place of Quant
	Host     string // of a registry: host and port
	URL      string // of one file, in place of all the others

	kind string
}

var (
	repoText     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$`)
	revisionText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$`)
	quantText    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
	hostText     = regexp.MustCompile(`^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$`)
)

// ParseRef returns the model that s names:
//
//	org/name, org/name:Q8_0, org/name@revision:Q8_0
//	hf://org/name:Q8_0, hf://org/name/folder/file.gguf, hf.co/org/name
//	https://huggingface.co/org/name/resolve/main/file.gguf
//	ollama://host/name:tag, ollama://host/org/name:tag
//	https://host/any/file.gguf
func ParseRef(s string) (Ref, error) {
	r, err := parseRef(s)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return Ref{}, fmt.Errorf("hub: %q is no name of a model: %w", s, err)
	}
	return r, nil
}

// parseRef is ParseRef without checks.
func parseRef(s string) (Ref, error) {
	if rest, ok := strings.CutPrefix(s, "ollama://"); ok {
		return parseRegistry(rest)
	}
	for _, scheme := range []string{"https://", "http://"} {
		if strings.HasPrefix(s, scheme) {
			return parseURL(s)
		}
	}
	for _, prefix := range []string{"hf://", "hf.co/", "huggingface.co/"} {
		s = strings.TrimPrefix(s, prefix)
	}
	r := Ref{kind: fromHub}
	parts := strings.SplitN(s, "/", 3)
	if len(parts) < 2 {
		return r, fmt.Errorf("want org/name")
	}
	name, rev, _ := strings.Cut(parts[1], "@")
	if len(parts) == 3 { // a file, whose name may have colons as little as a quant slashes
		r.Repo, r.Revision, r.File = parts[0]+"/"+name, rev, parts[2]
		return r, nil
	}
	name, quant, has := strings.Cut(parts[1], ":")
	if has && quant == "" {
		return r, fmt.Errorf("nothing after the colon")
	}
	r.Quant = quant
	name, r.Revision, _ = strings.Cut(name, "@")
	r.Repo = parts[0] + "/" + name
	if strings.EqualFold(r.Quant, "latest") {
		r.Quant = ""
	}
	return r, nil
}

// parseRegistry returns the model host/name:tag of a registry.
func parseRegistry(s string) (Ref, error) {
	host, name, ok := strings.Cut(s, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return Ref{}, fmt.Errorf("want ollama://host/name:tag")
	}
	r := Ref{kind: fromRegistry, Host: host, Revision: "latest"}
	r.Repo = name
	if name, tag, ok := strings.Cut(name, ":"); ok {
		r.Repo, r.Revision = name, tag
	}
	if !strings.Contains(r.Repo, "/") {
		r.Repo = "library/" + r.Repo
	}
	return r, nil
}

// parseURL returns the file at an address, which may be one of Hugging Face.
func parseURL(s string) (Ref, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Ref{}, err
	}
	if err := checkURL(u); err != nil {
		return Ref{}, err
	}
	part := strings.SplitN(strings.TrimPrefix(u.Path, "/"), "/", 5)
	if len(part) == 5 && (u.Host == "huggingface.co" || u.Host == "hf.co") && (part[2] == "resolve" || part[2] == "blob") {
		return Ref{kind: fromHub, Repo: part[0] + "/" + part[1], Revision: part[3], File: part[4]}, nil
	}
	u.Fragment = ""
	return Ref{kind: fromURL, URL: u.String()}, nil
}

// check returns what is wrong with the name.
func (r *Ref) check() error {
	switch {
	case r.kind == fromURL:
		return nil
	case !repoText.MatchString(r.Repo) || strings.Contains(r.Repo, "..") || strings.Contains(r.Repo, "--"):
		return fmt.Errorf("want org/name, of letters, digits, '.', '-' and '_'")
	case r.Revision != "" && (!revisionText.MatchString(r.Revision) || !local(r.Revision)):
		return fmt.Errorf("revision %q", r.Revision)
	case r.Quant != "" && !quantText.MatchString(r.Quant):
		return fmt.Errorf("quant %q", r.Quant)
	case r.File != "" && !local(r.File):
		return fmt.Errorf("file %q: not a path below the repository", r.File)
	case r.kind == fromRegistry && (!hostText.MatchString(r.Host) || strings.Contains(r.Host, "..")):
		return fmt.Errorf("host %q", r.Host)
	}
	return nil
}

// String returns the name, which [ParseRef] reads again.
func (r Ref) String() string {
	switch {
	case r.kind == fromURL:
		return r.URL
	case r.kind == fromRegistry:
		return "ollama://" + r.Host + "/" + strings.TrimPrefix(r.Repo, "library/") + ":" + r.Revision
	}
	s := r.Repo
	if r.Revision != "" && r.Revision != "main" {
		s += "@" + r.Revision
	}
	if r.File != "" {
		return "hf://" + s + "/" + r.File
	}
	if r.Quant != "" {
		s += ":" + r.Quant
	}
	return s
}

// local reports whether name, with slashes, stays below the folder it starts in on
// every system, and is one of a file there.
func local(name string) bool {
	return fs.ValidPath(name) && name != "." && len(name) <= 512 && filepath.IsLocal(filepath.FromSlash(name)) &&
		!strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || strings.ContainsRune(`\:*?"<>|`, c) })
}
