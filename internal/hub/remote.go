package hub

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"
)

// maxPeek bounds what is read of a file that is not fetched.
const maxPeek = 300 << 20

// FS returns the files of m as they lie at the hub: each [fs.File] is an [io.ReaderAt]
// that asks for what is read, which is meant for headers. What has been read from the
// beginning of a file is kept. Errors wrap that of ctx once it is done.
func (c *Client) FS(ctx context.Context, m *Model) fs.FS {
	return &remoteFS{ctx: ctx, c: c, m: m, heads: make(map[string][]byte)}
}

// A remoteFS is the file system of one model.
type remoteFS struct {
	ctx context.Context
	c   *Client
	m   *Model

	mu    sync.Mutex
	heads map[string][]byte // the beginnings of files
}

// Open returns a file of the model.
func (r *remoteFS) Open(name string) (fs.File, error) {
	for i := range r.m.Files {
		if f := &r.m.Files[i]; f.Name == name {
			return &remoteFile{fs: r, f: f}, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// A remoteFile is one file.
type remoteFile struct {
	fs  *remoteFS
	f   *File
	pos int64
}

// ReadAt asks for len(p) bytes from off on.
func (r *remoteFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= r.f.Size {
		return 0, io.EOF
	}
	var end error
	if int64(len(p)) > r.f.Size-off {
		p, end = p[:r.f.Size-off], io.EOF
	}
	r.fs.mu.Lock()
	defer r.fs.mu.Unlock()
	head := r.fs.heads[r.f.Name]
	if off < int64(len(head)) {
		n := copy(p, head[off:])
		if n == len(p) {
			return n, end
		}
		k, err := r.ask(p[n:], off+int64(n))
		return n + k, firstOf(err, end)
	}
	n, err := r.ask(p, off)
	return n, firstOf(err, end)
}

// ask fills p over the network, and keeps it if it follows what is kept.
func (r *remoteFile) ask(p []byte, off int64) (int, error) {
	head := r.fs.heads[r.f.Name]
	if len(p)+len(head) > maxPeek {
		return 0, fmt.Errorf("hub: %s: more than %d bytes of a header", r.f.Name, maxPeek)
	}
	b, err := (&stream{c: r.fs.c, f: r.f}).chunk(r.fs.ctx, off, off+int64(len(p)))
	if err != nil {
		return 0, err
	}
	if off == int64(len(head)) {
		r.fs.heads[r.f.Name] = append(head, b...)
	}
	return copy(p, b), nil
}

// firstOf returns the first error that is not nil.
func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// Read reads the next bytes.
func (r *remoteFile) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p, r.pos)
	r.pos += int64(n)
	return n, err
}

// Close does nothing.
func (r *remoteFile) Close() error { return nil }

// Stat returns the name and the size.
func (r *remoteFile) Stat() (fs.FileInfo, error) { return remoteInfo{r.f}, nil }

// remoteInfo describes a file.
type remoteInfo struct{ f *File }

func (i remoteInfo) Name() string       { return i.f.Name }
func (i remoteInfo) Size() int64        { return i.f.Size }
func (i remoteInfo) Mode() fs.FileMode  { return 0o444 }
func (i remoteInfo) ModTime() time.Time { return time.Time{} }
func (i remoteInfo) IsDir() bool        { return false }
func (i remoteInfo) Sys() any           { return nil }
