package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// A Model is a model that can be fetched.
type Model struct {
	Ref    Ref
	Name   string // as [Cache.List] has it: org/name:Q4_K_M
	Commit string
	Files  []File // its parts, the first one first
	Others []File // the other models of the repository, their first parts with the size of all
}

// Size returns the bytes of all parts.
func (m *Model) Size() int64 { return total(m.Files) }

// total returns the bytes of files.
func total(files []File) (n int64) {
	for _, f := range files {
		n += f.Size
	}
	return n
}

// maxSize bounds the size of a file, so that sums of them do not wrap.
const maxSize = 1 << 50

var (
	commitText = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
	digestText = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// Find asks which files r names.
func (c *Client) Find(ctx context.Context, r Ref) (*Model, error) {
	var m *Model
	var err error
	switch r.kind {
	case fromRegistry:
		m, err = c.findInRegistry(ctx, r)
	case fromURL:
		m, err = c.findURL(ctx, r)
	default:
		m, err = c.findInHub(ctx, r)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	return m, nil
}

// findInHub is Find of Hugging Face.
func (c *Client) findInHub(ctx context.Context, r Ref) (*Model, error) {
	end, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	if r.Revision == "" {
		r.Revision = "main"
	}
	b, err := c.text(ctx, end.String()+"/api/models/"+r.Repo+"/revision/"+url.PathEscape(r.Revision)+"?blobs=true", nil)
	if err != nil {
		return nil, c.explain(err)
	}
	commit, files, err := parseRepo(b)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		files[i].url = end.String() + "/" + r.Repo + "/resolve/" + commit + "/" + (&url.URL{Path: f.Name}).EscapedPath()
	}
	m := &Model{Ref: r, Commit: commit}
	if m.Files, err = choose(files, r); err != nil {
		return nil, err
	}
	for i := range m.Files {
		if err := c.complete(ctx, &m.Files[i]); err != nil {
			return nil, err
		}
	}
	m.Name = cachedName(r.Repo, m.Files[0].Name)
	m.Others = others(files, m.Files[0])
	return m, nil
}

// explain adds to an error about a repository what its user can do.
func (c *Client) explain(err error) error {
	s, ok := errors.AsType[*statusError](err)
	switch {
	case !ok || s.code != http.StatusUnauthorized && s.code != http.StatusForbidden:
		return err
	case c.Token == "":
		return fmt.Errorf("%w (it does not exist, or needs a token: HF_TOKEN)", err)
	}
	return fmt.Errorf("%w (it does not exist, or this token may not read it: is its licence accepted?)", err)
}

// parseRepo returns the commit and the files of what the API says of a repository.
func parseRepo(b []byte) (commit string, files []File, err error) {
	var repo struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name   string `json:"rfilename"`
			Size   int64  `json:"size"`
			BlobID string `json:"blobId"`
			LFS    *struct {
				SHA256 string `json:"sha256"`
				Size   int64  `json:"size"`
			} `json:"lfs"`
		} `json:"siblings"`
	}
	if err := json.Unmarshal(b, &repo); err != nil {
		return "", nil, fmt.Errorf("hub: the list of files: %w", err)
	}
	if !commitText.MatchString(repo.SHA) {
		return "", nil, fmt.Errorf("hub: the list of files: commit %q", repo.SHA)
	}
	for _, s := range repo.Siblings {
		if !strings.HasSuffix(strings.ToLower(s.Name), ".gguf") {
			continue
		}
		f := File{Name: s.Name, Size: s.Size, Digest: s.BlobID}
		if s.LFS != nil {
			f.Digest, f.Size = s.LFS.SHA256, s.LFS.Size
		}
		if err := f.check(); err != nil {
			return "", nil, fmt.Errorf("hub: the list of files: %w", err)
		}
		f.blob = f.Digest
		files = append(files, f)
	}
	return repo.SHA, files, nil
}

// check returns what is wrong with a file of a list.
func (f *File) check() error {
	switch {
	case !local(f.Name):
		return fmt.Errorf("file %q: not a path below the repository", f.Name)
	case f.Size < 0 || f.Size > maxSize:
		return fmt.Errorf("file %q: %d bytes", f.Name, f.Size)
	case f.Digest != "" && !digestText.MatchString(f.Digest):
		return fmt.Errorf("file %q: hash %q", f.Name, f.Digest)
	}
	return nil
}

// complete asks for the size and the hash of a file if the list does not have them.
func (c *Client) complete(ctx context.Context, f *File) error {
	if f.Size > 0 && f.Digest != "" {
		return nil
	}
	return c.head(ctx, f)
}

// head asks an address for size and hash.
func (c *Client) head(ctx context.Context, f *File) error {
	return c.tries(ctx, func() (bool, error) {
		r, err := c.do(ctx, http.MethodHead, f.url, nil)
		if err != nil {
			return false, err
		}
		r.Body.Close()
		size, etag := r.ContentLength, r.Header.Get("ETag")
		for first := r.Request.Response; first != nil; first = first.Request.Response { // answers with the redirects
			if s := first.Header.Get("X-Linked-Etag"); s != "" {
				etag = s
			}
		}
		if s := r.Header.Get("X-Linked-Etag"); s != "" {
			etag = s
		}
		if etag = strings.Trim(strings.TrimPrefix(etag, "W/"), `"`); len(etag) == 64 && digestText.MatchString(etag) {
			f.Digest = etag
		}
		if f.Size == 0 {
			f.Size = size
		}
		if f.blob = f.Digest; f.blob == "" {
			sum := sha256.Sum256([]byte(f.url + "\n" + etag))
			f.blob = hex.EncodeToString(sum[:])
		}
		if f.Size <= 0 {
			return false, final{fmt.Errorf("hub: %s: the server does not say how large it is", f.url)}
		}
		return false, f.check()
	})
}

// others returns the other models among files.
func others(files []File, chosen File) []File {
	var list []File
	for _, f := range files {
		if !model(f.Name) || f.Name == chosen.Name {
			continue
		}
		if all, err := parts(files, f); err == nil {
			f.Size = total(all)
			list = append(list, f)
		}
	}
	return list
}

// findURL is Find of the address of one file, which is kept as that of a repository
// named for its host and name.
func (c *Client) findURL(ctx context.Context, r Ref) (*Model, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	f := File{Name: path.Base(u.Path), url: r.URL}
	if !strings.HasSuffix(strings.ToLower(f.Name), ".gguf") {
		f.Name = path.Join(f.Name, "model.gguf")
	}
	if !local(f.Name) {
		return nil, fmt.Errorf("hub: the address names no file")
	}
	if err := c.head(ctx, &f); err != nil {
		return nil, err
	}
	repo := r.repo()
	return &Model{Ref: r, Name: cachedName(repo, f.Name), Commit: f.blob[:40], Files: []File{f}}, nil
}

// repo returns the name of the repository under which the cache keeps the model.
func (r *Ref) repo() string {
	switch r.kind {
	case fromRegistry:
		return strings.ReplaceAll(r.Host, ":", "_") + "/" + r.Repo
	case fromURL:
		u, err := url.Parse(r.URL)
		if err != nil {
			panic("hub: Ref: " + err.Error()) // ParseRef has parsed it
		}
		sum := sha256.Sum256([]byte(r.URL))
		return plain(u.Host) + "/" + plain(strings.TrimSuffix(path.Base(u.Path), ".gguf")) + "-" + hex.EncodeToString(sum[:4])
	}
	return r.Repo
}

// plain returns s with only the characters of a repository's name.
func plain(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, s)
	return strings.Trim(strings.ReplaceAll(s, "..", "."), "._")
}

// A final error is not tried again.
type final struct{ error }

// Unwrap returns the error.
func (f final) Unwrap() error { return f.error }
