package server

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/server/internal/core"
)

// A guard has the checks that come before a handler.
type guard struct {
	limits  core.Limits
	keys    [][sha256.Size]byte
	hosts   []string // lower case
	origins []string
}

// newGuard returns the guard of a server.
func newGuard(c *core.Core, o *Options) (*guard, error) {
	g := &guard{limits: c.Limits, origins: o.Origins}
	for _, k := range o.Keys {
		if strings.TrimSpace(k) != k || k == "" {
			return nil, errors.New("server: an API key is empty or has spaces around it")
		}
		g.keys = append(g.keys, sha256.Sum256([]byte(k)))
	}
	for _, h := range o.Hosts {
		g.hosts = append(g.hosts, strings.ToLower(h))
	}
	for _, s := range o.Origins {
		if u, err := url.Parse(s); s != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Path != "") {
			return nil, fmt.Errorf("server: origin %q, want a form such as https://example.com", s)
		}
	}
	return g, nil
}

// refuse answers requests whose Host or Origin is none that is allowed, and reports
// whether it did. It sets the CORS headers of those that are.
func (g *guard) refuse(x *core.Exchange) bool {
	q := x.Request
	var err error
	switch origin := q.Header.Get("Origin"); {
	case !g.hostAllowed(q.Host):
		err = &core.Error{Status: http.StatusMisdirectedRequest, Type: core.TypeInvalid, Code: "host_not_allowed",
			Message: fmt.Sprintf("the server is not called %.100q", q.Host)}
	case len(q.Header.Values("Origin")) > 1 || origin != "" && !g.originAllowed(origin, q):
		err = &core.Error{Status: http.StatusForbidden, Type: core.TypePermission, Code: "origin_not_allowed",
			Message: fmt.Sprintf("pages of %.100q may not use this server", origin)}
	case origin != "" && g.listed(origin):
		h := x.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, X-Chord-Prefix")
		return false
	default:
		return false
	}
	x.Serve(func(*core.Exchange) error { return err })
	return true
}

// hostAllowed reports whether a server may be called by this name: loopback, or one of
// the configured names. A page whose name was made to point here cannot use the server.
func (g *guard) hostAllowed(host string) bool {
	if slices.Contains(g.hosts, "*") {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "localhost" || slices.Contains(g.hosts, name) || slices.Contains(g.hosts, strings.ToLower(host)) {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.IsLoopback()
}

// listed reports whether an origin is configured.
func (g *guard) listed(origin string) bool {
	return slices.Contains(g.origins, "*") || slices.Contains(g.origins, origin)
}

// originAllowed reports whether a page may use the server.
func (g *guard) originAllowed(origin string, q *http.Request) bool {
	u, err := url.Parse(origin)
	own := err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, q.Host)
	return own || g.listed(origin)
}

// preflight answers the question of a browser whether a page may send a request, and
// reports whether it was one.
func (g *guard) preflight(x *core.Exchange, q *http.Request) bool {
	if q.Header.Get("Access-Control-Request-Method") == "" || !g.listed(q.Header.Get("Origin")) {
		return false
	}
	h := x.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Api-Key, Anthropic-Version, Anthropic-Beta, Last-Event-ID, X-Chord-Prefix")
	h.Set("Access-Control-Max-Age", "600")
	x.Serve(func(x *core.Exchange) error { return x.Text(http.StatusOK, "text/plain", nil) })
	return true
}

// key returns an error unless a request has one of the keys, or none is needed. All keys
// are compared, in a time that does not depend on how much of one is right.
func (g *guard) key(q *http.Request) error {
	if len(g.keys) == 0 {
		return nil
	}
	given := q.Header.Get("X-Api-Key")
	if scheme, token, ok := strings.Cut(q.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		given = strings.TrimSpace(token)
	}
	sum, same := sha256.Sum256([]byte(given)), 0
	for i := range g.keys {
		same |= subtle.ConstantTimeCompare(sum[:], g.keys[i][:])
	}
	if same == 1 {
		return nil
	}
	return &core.Error{Status: http.StatusUnauthorized, Type: core.TypeAuth, Code: "invalid_api_key", Message: "a valid API key is needed: Authorization: Bearer KEY"}
}

// hurry gives the body of a request its time, from now on. Bodies of requests that are
// refused have no more: net/http waits for the rest of them before it answers, or before
// it closes the connection.
func (g *guard) hurry(w http.ResponseWriter, q *http.Request) {
	if q.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.limits.BodyTime))
	}
}

// body checks the type of a body and reads it to the end: net/http sees that a client
// has left only then.
func (g *guard) body(x *core.Exchange, route *core.Route) error {
	q := x.Request
	if route.Form {
		if kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
			return unsupportedType("multipart/form-data")
		}
		return nil // a page of another site sends its Origin with it
	}
	empty := q.ContentLength == 0
	if route.Method != http.MethodGet && !(route.NoBody && empty) {
		if err := checkType(q.Header); err != nil {
			return err
		}
	}
	if q.ContentLength > g.limits.Body {
		x.Header().Set("Connection", "close")
		return g.tooLarge()
	}
	var b bytes.Buffer
	if n := q.ContentLength; n > 0 {
		b.Grow(int(min(n, 1<<20))) // the length is the client's word
	}
	n, err := b.ReadFrom(io.LimitReader(q.Body, g.limits.Body+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		x.Header().Set("Connection", "close")
		return &core.Error{Status: http.StatusRequestTimeout, Type: core.TypeInvalid, Code: "timeout", Message: "the body took too long"}
	case err != nil:
		x.Header().Set("Connection", "close")
		return core.BadRequest("", "the body cannot be read: %v", err)
	case n > g.limits.Body:
		x.Header().Set("Connection", "close")
		return g.tooLarge()
	}
	_ = http.NewResponseController(x.Writer()).SetReadDeadline(time.Time{})
	x.Body = b.Bytes()
	return nil
}

// tooLarge is the error of a body that is too large.
func (g *guard) tooLarge() error {
	return &core.Error{Status: http.StatusRequestEntityTooLarge, Type: core.TypeInvalid, Code: "body_too_large",
		Message: fmt.Sprintf("the body has more than %d bytes", g.limits.Body)}
}

// checkType returns an error unless a body is plain JSON. A form of another site's page
// cannot send that. What curl -d says of its body is taken for JSON, as Ollama does,
// where no browser sends it: browsers name the Origin of a POST.
func checkType(h http.Header) error {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" && h.Get("Origin") == "" && h.Get("Sec-Fetch-Site") == "" {
		kind = "application/json"
	}
	charset := strings.ToLower(params["charset"])
	code := h.Get("Content-Encoding")
	if err != nil || kind != "application/json" || charset != "" && charset != "utf-8" || code != "" && code != "identity" {
		return unsupportedType("application/json, not compressed")
	}
	return nil
}

// unsupportedType is the error of a body of another type than want.
func unsupportedType(want string) error {
	return &core.Error{Status: http.StatusUnsupportedMediaType, Type: core.TypeInvalid, Code: "unsupported_media_type",
		Message: "want a body of Content-Type " + want}
}
