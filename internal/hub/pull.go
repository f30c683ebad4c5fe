package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Pull fetches the files of m that the cache does not have, and returns the path of
// the first. progress, if not nil, is called with the number of bytes that are there,
// never twice at once.
//
// A file gets its name when it is whole, verified and on disk. What a Pull that ends
// early has fetched, even one that is killed, the next goes on with. Processes that
// fetch the same file wait for each other.
func (c *Client) Pull(ctx context.Context, m *Model, progress func(done int64)) (path string, err error) {
	if progress == nil {
		progress = func(int64) {}
	}
	p := &pull{c: c, m: m, repo: c.Cache.repo(m.Ref.repo()), progress: progress}
	for i := range m.Files {
		if err := p.file(ctx, &m.Files[i]); err != nil {
			return "", fmt.Errorf("%s: %w", m.Files[i].Name, err)
		}
	}
	if m.Ref.Revision != "" {
		if err := p.repo.setRef(m.Ref.Revision, m.Commit); err != nil {
			return "", fmt.Errorf("hub: %w", err)
		}
	}
	return p.repo.snapshot(m.Commit, m.Files[0].Name), nil
}

// A pull is one call of Pull.
type pull struct {
	c        *Client
	m        *Model
	repo     repo
	progress func(int64)

	mu    sync.Mutex
	done  int64 // bytes of files that are whole
	ahead int64 // bytes of the current file
}

// arrived counts bytes of the current file.
func (p *pull) arrived(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead += n
	p.progress(p.done + p.ahead)
}

// whole counts a file that is there.
func (p *pull) whole(f *File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.ahead = p.done+f.Size, 0
	p.progress(p.done)
}

// file puts f into the cache, under its names.
func (p *pull) file(ctx context.Context, f *File) error {
	if sized(p.repo.snapshot(p.m.Commit, f.Name), f.Size) {
		p.whole(f)
		return nil
	}
	if err := os.MkdirAll(p.repo.blobs(), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	unlock, err := lock(ctx, p.repo.lock(f.blob))
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	defer unlock()
	if !sized(p.repo.blob(f.blob), f.Size) {
		if err := p.fetch(ctx, f); err != nil {
			return err
		}
	}
	p.whole(f)
	return p.repo.link(p.m.Commit, f.Name, f.blob)
}

// sized reports whether the file at path is there with this size.
func sized(path string, size int64) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Size() == size
}

// fetch fetches the blob of f. It starts again, once, where what it went on with
// turns out wrong.
func (p *pull) fetch(ctx context.Context, f *File) error {
	temp := p.repo.blob(f.blob) + ".incomplete"
	resumed, err := p.try(ctx, f, temp)
	if errors.Is(err, ErrHash) && resumed {
		p.arrived(-p.ahead)
		_, err = p.try(ctx, f, temp)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(temp, p.repo.blob(f.blob)); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return syncFolder(p.repo.blobs())
}

// try fetches f to temp, after what is there already. A file with the wrong hash is
// removed.
func (p *pull) try(ctx context.Context, f *File, temp string) (resumed bool, err error) {
	out, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return false, fmt.Errorf("hub: %w", err)
	}
	defer func() {
		if e := out.Close(); err == nil && e != nil {
			err = fmt.Errorf("hub: %w", e)
		}
		if errors.Is(err, ErrHash) {
			os.Remove(temp)
		}
	}()
	sum := newHash(f)
	at, err := p.had(ctx, f, out, sum)
	if err != nil {
		return false, err
	}
	if err := checkSpace(p.repo.blobs(), f.Size-at); err != nil {
		return false, err
	}
	s := &stream{c: p.c, f: f, got: p.arrived}
	if err := s.copy(ctx, io.MultiWriter(out, sum), at); err != nil {
		return at > 0, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); f.Digest != "" && got != f.Digest {
		return at > 0, fmt.Errorf("hub: %w: %s, want %s", ErrHash, got, f.Digest)
	}
	if err := out.Sync(); err != nil {
		return at > 0, fmt.Errorf("hub: %w", err)
	}
	return at > 0, nil
}

// had returns how much of f an earlier pull has left in out, which is then summed,
// and at whose end out is.
func (p *pull) had(ctx context.Context, f *File, out *os.File, sum hash.Hash) (int64, error) {
	st, err := out.Stat()
	if err != nil {
		return 0, fmt.Errorf("hub: %w", err)
	}
	if st.Size() > f.Size || f.Digest == "" { // of another file, or nothing could tell
		if err := out.Truncate(0); err != nil {
			return 0, fmt.Errorf("hub: %w", err)
		}
		return 0, nil
	}
	n, err := io.Copy(sum, &counter{ctx: ctx, r: out, got: p.arrived})
	if err != nil {
		return 0, fmt.Errorf("hub: %w", err)
	}
	return n, nil
}

// A counter counts what is read. It errs once its context is done.
type counter struct {
	ctx context.Context
	r   io.Reader
	got func(int64)
}

// Read reads from the other reader.
func (c *counter) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	n, err := c.r.Read(p)
	c.got(int64(n))
	return n, err
}

// newHash returns the hash of f's digest: SHA-256, or that of git's blobs, which sums
// the size first.
func newHash(f *File) hash.Hash {
	if len(f.Digest) != 2*sha1.Size {
		return sha256.New()
	}
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", f.Size)
	return h
}

// checkSpace returns an error if n bytes do not fit on the disk of a folder.
func checkSpace(dir string, n int64) error {
	const spare = 16 << 20
	if free, ok := freeSpace(dir); ok && n > free-spare {
		return fmt.Errorf("hub: %s: %d bytes are needed, %d are free", filepath.Clean(dir), n+spare, free)
	}
	return nil
}
