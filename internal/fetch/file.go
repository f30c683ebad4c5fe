package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// timeout is how long one request may take: the largest file has 4 MB.
const timeout = 10 * time.Minute

// there returns nil if the file is in place and what the manifest says.
func (f *File) there(root *os.Root) error { return f.verify(root, f.Path) }

// verify compares the file called name with the manifest's row.
func (f *File) verify(root *os.Root, name string) error {
	r, err := root.Open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return err
	}
	if n != f.Size {
		return fmt.Errorf("%d bytes, want %d", n, f.Size)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("SHA-256 %s, want %s", got, f.SHA256)
	}
	return nil
}

// file makes one try at a file, from where the last one ended.
func (c *Fetcher) file(ctx context.Context, root *os.Root, f File) error {
	part := f.Path + ".part"
	resumed, err := c.download(ctx, root, part, f)
	if err != nil {
		return err
	}
	if err := f.verify(root, part); err != nil {
		if rm := root.Remove(part); rm != nil {
			return rm
		}
		if resumed {
			return err // perhaps the old part was of something else
		}
		return finalError{err}
	}
	return root.Rename(part, f.Path)
}

// download appends to the file called part what it lacks of f, and reports
// whether part had something before.
func (c *Fetcher) download(ctx context.Context, root *os.Root, part string, f File) (resumed bool, err error) {
	w, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	have, err := w.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	if have > f.Size {
		have = 0
		if err := w.Truncate(0); err != nil {
			return false, err
		}
	}
	if have > 0 && have == f.Size {
		return true, nil
	}
	body, from, err := c.get(ctx, f.URL, have)
	if err != nil {
		return have > 0, err
	}
	defer body.Close()
	if from == 0 {
		if err := w.Truncate(0); err != nil {
			return false, err
		}
	}
	n, err := io.Copy(w, io.LimitReader(body, f.Size-from+1))
	switch n += from; {
	case n > f.Size:
		return from > 0, errors.Join(finalError{fmt.Errorf("%s: more than %d bytes", f.URL, f.Size)}, w.Truncate(0))
	case err != nil:
		return from > 0, fmt.Errorf("%s: after %d bytes of %d: %w", f.URL, n, f.Size, err)
	case n < f.Size:
		return from > 0, fmt.Errorf("%s: it ends after %d bytes of %d", f.URL, n, f.Size)
	}
	return from > 0, nil
}

// get asks for the bytes of address from offset have on, and returns those from
// offset from on: have, or 0 of a server that sends whole files only.
func (c *Fetcher) get(ctx context.Context, address string, have int64) (body io.ReadCloser, from int64, err error) {
	if c.Base != "" {
		u, err := url.Parse(address)
		if err != nil {
			return nil, 0, err
		}
		address = strings.TrimSuffix(c.Base, "/") + u.EscapedPath()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, finalError{err}
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	client := c.Client
	if client == nil {
		client = &http.Client{CheckRedirect: checkRedirect, Timeout: timeout}
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		return resp.Body, 0, nil
	case code == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
		return resp.Body, have, nil
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		err = fmt.Errorf("%s: %s", address, resp.Status)
	default:
		err = finalError{fmt.Errorf("%s: %s", address, resp.Status)}
	}
	return nil, 0, errors.Join(err, resp.Body.Close())
}

// checkRedirect follows five redirects, none from HTTPS to something else.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > 5 {
		return errors.New("more than five redirects")
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("a redirect to %s, want https", req.URL.Redacted())
	}
	return nil
}
