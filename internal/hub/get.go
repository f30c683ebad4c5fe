package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxJSON bounds what is read of a list of files or a manifest.
const maxJSON = 32 << 20

// maxRedirects is how many redirects are followed.
const maxRedirects = 10

// loopback reports whether host is this machine.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// http returns the HTTP client.
func (c *Client) http() *http.Client {
	c.making.Do(func() {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = c.stall()
		t.MaxResponseHeaderBytes = 64 << 10
		t.DisableCompression = true // sizes and hashes are those of the file
		if c.Public {
			t.Proxy = nil // the address that is dialled is the one that is checked
			t.DialContext = (&net.Dialer{Timeout: 30 * time.Second, Control: publicOnly}).DialContext
		}
		c.client = &http.Client{Transport: t, CheckRedirect: redirect}
	})
	return c.client
}

// stall returns the time after which a connection without a byte is given up.
func (c *Client) stall() time.Duration { return cmp.Or(c.Stall, time.Minute) }

// publicOnly refuses to dial an address that is not a public one. It sees what a name
// resolved to.
func publicOnly(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := a.Addr().Unmap(); !ip.IsGlobalUnicast() || ip.IsPrivate() || shared.Contains(ip) || translated(ip) {
		return fmt.Errorf("%s: %w", ip, ErrPrivate)
	}
	return nil
}

// shared are the addresses that providers use behind their translators.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// translated reports whether an address of IPv6 stands for one of IPv4, which
// may be private.
func translated(ip netip.Addr) bool {
	return netip.MustParsePrefix("64:ff9b::/96").Contains(ip) || netip.MustParsePrefix("2002::/16").Contains(ip)
}

// redirect checks a redirect: another host does not get the token, and what began
// with https stays there.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	if err := checkURL(req.URL); err != nil {
		return fmt.Errorf("redirected to %w", err)
	}
	first := via[0].URL
	if req.URL.Scheme == "http" && first.Scheme != "http" {
		return fmt.Errorf("redirected to %s, which is not https", req.URL.Redacted())
	}
	for _, r := range append(via, req) {
		if r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
			req.Header.Del("Authorization")
			break
		}
	}
	req.Header.Del("Referer") // it may have a signature
	return nil
}

// A statusError is an answer that is neither 200 nor 206.
type statusError struct {
	code  int
	url   string
	text  string // what Hugging Face says about it
	after time.Duration
}

// Error returns the status, where and why.
func (e *statusError) Error() string {
	s := fmt.Sprintf("%s: %d %s", e.url, e.code, http.StatusText(e.code))
	if e.text != "" {
		s += ": " + e.text
	}
	return s
}

// Unwrap returns ErrNotFound if that is what the status says.
func (e *statusError) Unwrap() error {
	switch e.code {
	case http.StatusNotFound, http.StatusUnauthorized, http.StatusForbidden, http.StatusGone:
		return ErrNotFound // the hub answers 401 for what does not exist
	}
	return nil
}

// temporary reports whether another try may succeed.
func temporary(err error) bool {
	if s, ok := errors.AsType[*statusError](err); ok {
		return s.code >= 500 || s.code == http.StatusTooManyRequests || s.code == http.StatusRequestTimeout
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok && d.IsNotFound {
		return false
	}
	u, ok := errors.AsType[*url.Error](err) // all of these but redirects and addresses that are refused
	if _, never := errors.AsType[final](err); never {
		return false
	}
	return !errors.Is(err, ErrPrivate) && (!ok || !strings.Contains(u.Err.Error(), "redirect"))
}

// do makes one request and wants a status of 200 or 206. The caller closes the body.
// The token goes to the endpoint only.
func (c *Client) do(ctx context.Context, method, address string, header http.Header) (*http.Response, error) {
	if c.Offline {
		return nil, fmt.Errorf("hub: %s: %w (HF_HUB_OFFLINE)", address, ErrOffline)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	if err := checkURL(req.URL); err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("User-Agent", "chord")
	end, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	if c.Token != "" && req.URL.Scheme == end.Scheme && req.URL.Host == end.Host {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	r, err := c.http().Do(req)
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	if r.StatusCode == http.StatusOK || r.StatusCode == http.StatusPartialContent {
		return r, nil
	}
	defer r.Body.Close()
	e := &statusError{code: r.StatusCode, url: req.URL.Redacted(), text: firstLine(r.Header.Get("X-Error-Message"))}
	if n, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && n > 0 {
		e.after = time.Duration(min(n, 60)) * time.Second
	}
	return nil, fmt.Errorf("hub: %w", e)
}

// firstLine returns the printable beginning of s.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s = strings.Map(func(c rune) rune {
		if strconv.IsPrint(c) {
			return c
		}
		return -1
	}, s)
	return s[:min(len(s), 300)]
}

// text returns the body of an address, at most maxJSON bytes.
func (c *Client) text(ctx context.Context, address string, header http.Header) ([]byte, error) {
	var b []byte
	err := c.tries(ctx, func() (bool, error) {
		r, err := c.do(ctx, http.MethodGet, address, header)
		if err != nil {
			return false, err
		}
		defer r.Body.Close()
		b, err = io.ReadAll(io.LimitReader(r.Body, maxJSON+1))
		return false, err
	})
	if err == nil && len(b) > maxJSON {
		err = fmt.Errorf("hub: %s: more than %d bytes", address, maxJSON)
	}
	return b, err
}

// tries calls try until it succeeds, its error is final, or it has failed too often in
// a row without progress, which is its first result.
func (c *Client) tries(ctx context.Context, try func() (moved bool, err error)) error {
	most, wait := cmp.Or(c.Tries, 6), cmp.Or(c.Wait, 500*time.Millisecond)
	for n := 1; ; n++ {
		moved, err := try()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || !temporary(err) || errors.Is(err, ErrOffline) {
			return err
		}
		if moved {
			n = 1
		}
		if n >= most {
			return err
		}
		pause := min(wait<<(n-1), 30*time.Second)
		if s, ok := errors.AsType[*statusError](err); ok {
			pause = max(pause, s.after)
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		case <-t.C:
		}
	}
}
