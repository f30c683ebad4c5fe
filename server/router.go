package server

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/openapi"
)

// A router finds the route of a request, after the checks that every request must pass.
type router struct {
	core  *core.Core
	guard *guard
	mux   *http.ServeMux
	faces []*core.Face
	doc   func() ([]byte, error) // /openapi.json
}

// A path has the routes of one pattern, of all faces, in order.
type path struct {
	router *router
	routes []faceRoute
}

type faceRoute struct {
	*core.Route
	face *core.Face
}

// newRouter returns the router of all faces.
func newRouter(c *core.Core, o *Options) (*router, error) {
	r := &router{core: c, mux: http.NewServeMux(), faces: faces(o)}
	var err error
	if r.guard, err = newGuard(c, o); err != nil {
		return nil, err
	}
	paths := map[string]*path{}
	add := func(face *core.Face, list []core.Route) {
		for i := range list {
			p := paths[list[i].Path]
			if p == nil {
				p = &path{router: r}
				paths[list[i].Path] = p
				r.mux.Handle(list[i].Path, p)
			}
			p.routes = append(p.routes, faceRoute{&list[i], face})
		}
	}
	for _, f := range r.faces {
		add(f, f.Routes)
	}
	own := r.own(o)
	add(r.faces[0], own)
	r.doc = r.document(c, o, own)
	if !o.NoPage { // no API: it has no place in the description
		page, err := pageRoutes()
		if err != nil {
			return nil, err
		}
		add(r.faces[0], page)
	}
	for _, p := range paths { // a route for every request comes after those for some
		slices.SortStableFunc(p.routes, func(a, b faceRoute) int { return strings.Compare(always(a), always(b)) })
	}
	return r, nil
}

// always returns "~" for a route that takes every request, else "".
func always(r faceRoute) string {
	if r.When == nil {
		return "~"
	}
	return ""
}

// ServeHTTP answers a request.
func (r *router) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	id := requestID()
	if f := core.FixedOf(q.Context()); f != nil {
		id = f.ID
	}
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	x := core.NewExchange(r.core, w, q, id)
	r.guard.hurry(w, q)
	x.Face = r.faceOf(q)
	if f := x.Face.Header; f != nil {
		f(w.Header(), x)
	}
	_, pattern := r.mux.Handler(q)
	switch {
	case r.guard.refuse(x):
	case q.Method == http.MethodOptions && r.guard.preflight(x, q):
	case pattern == "":
		x.Serve(notFound)
	default:
		r.mux.ServeHTTP(&exchangeWriter{w, x}, q)
	}
}

// notFound is the handler of paths that do not exist.
func notFound(x *core.Exchange) error {
	return &core.Error{Status: http.StatusNotFound, Type: core.TypeNotFound, Code: "not_found", Message: fmt.Sprintf("there is no %.200q", x.Request.URL.Path)}
}

// An exchangeWriter carries an exchange through http.ServeMux.
type exchangeWriter struct {
	http.ResponseWriter
	x *core.Exchange
}

// Unwrap returns the writer below.
func (w *exchangeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// faceOf returns the face whose shape the errors of a request have: that of its path, or
// the first.
func (r *router) faceOf(q *http.Request) *core.Face {
	for _, f := range r.faces {
		if f.Prefix != "" && strings.HasPrefix(q.URL.Path, f.Prefix) {
			return f
		}
	}
	return r.faces[0]
}

// requestID returns a new id.
func requestID() string {
	var b [8]byte
	rand.Read(b[:])
	return core.NewID(b)
}

// ServeHTTP answers a request of the path.
func (p *path) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	x := w.(*exchangeWriter).x
	x.Request = q // it has the values of the path
	route, allowed := p.choose(q)
	if route == nil && allowed == "" { // of other kinds of requests only
		x.Serve(notFound)
		return
	}
	if route == nil {
		x.Face = p.routes[len(p.routes)-1].face
		x.Serve(func(x *core.Exchange) error {
			return &core.Error{Status: http.StatusMethodNotAllowed, Type: core.TypeInvalid, Code: "method_not_allowed",
				Message: fmt.Sprintf("%.20s is not allowed here, want %s", q.Method, allowed), Allow: allowed}
		})
		return
	}
	x.Face = route.face
	if f := x.Face.Header; f != nil {
		f(w.Header(), x)
	}
	x.Serve(func(x *core.Exchange) error { return p.router.serve(x, route.Route) })
}

// choose returns the route for a request, nil if its method has none, and the methods
// that have one.
func (p *path) choose(q *http.Request) (route *faceRoute, allowed string) {
	var methods []string
	for i := range p.routes {
		r := &p.routes[i]
		if r.When != nil && !r.When(q) {
			continue
		}
		if q.Method == r.Method || q.Method == http.MethodHead && r.Method == http.MethodGet {
			return r, ""
		}
		for _, m := range append([]string{r.Method}, map[string][]string{http.MethodGet: {http.MethodHead}}[r.Method]...) {
			if !slices.Contains(methods, m) {
				methods = append(methods, m)
			}
		}
	}
	return nil, strings.Join(methods, ", ")
}

// serve checks what the route wants of a request and handles it.
func (r *router) serve(x *core.Exchange, route *core.Route) error {
	if !route.Public {
		if err := r.guard.key(x.Request); err != nil && core.FixedOf(x.Request.Context()) == nil {
			return err
		}
		if err := r.core.Begin(); err != nil {
			return err
		}
		defer r.core.End()
	}
	if err := r.guard.body(x, route); err != nil {
		return err
	}
	if x.Request.Method == http.MethodPost {
		if err := x.Resume(); err != nil {
			return err
		}
	}
	return route.Handle(x)
}

// own returns the routes that belong to no API.
func (r *router) own(o *Options) []core.Route {
	routes := []core.Route{{Method: http.MethodGet, Path: "/health", Handle: health, Public: true,
		Doc: core.Doc{Summary: "Whether requests are taken.", Answers: []any{healthAnswer{}}}},
		{Method: http.MethodGet, Path: "/openapi.json", Handle: r.openapi, Doc: core.Doc{Summary: "This description."}}}
	if !o.NoMetrics {
		routes = append(routes, core.Route{Method: http.MethodGet, Path: "/metrics", Handle: metrics, Public: o.PublicMetrics,
			Doc: core.Doc{Summary: "Figures for Prometheus.", Text: "text/plain"}})
	}
	return routes
}

// health answers whether requests are taken: 503 while the server drains.
func health(x *core.Exchange) error {
	if x.Core.Draining() {
		return &core.Error{Status: http.StatusServiceUnavailable, Type: core.TypeUnavailable, Code: "draining", Message: "the server is shutting down", RetryAfter: 5 * time.Second}
	}
	return x.JSON(healthAnswer{"ok"})
}

// A healthAnswer says that requests are taken.
type healthAnswer struct {
	Status string `json:"status"`
}

// document returns what makes the description of all routes, once.
func (r *router) document(c *core.Core, o *Options, own []core.Route) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		var list []openapi.Entry
		for _, f := range r.faces {
			for i := range f.Routes {
				list = append(list, openapi.Entry{Route: &f.Routes[i], Face: f})
			}
		}
		for i := range own {
			list = append(list, openapi.Entry{Route: &own[i], Face: r.faces[0]})
		}
		return core.Marshal(openapi.Document(c.Version, list, len(o.Keys) > 0))
	})
}

// openapi answers with the description of all routes.
func (r *router) openapi(x *core.Exchange) error {
	b, err := r.doc()
	if err != nil {
		return err
	}
	return x.Text(http.StatusOK, "application/json", b)
}

// metrics answers with the figures for Prometheus.
func metrics(x *core.Exchange) error { return x.Handle(x.Core.Metrics.Handler()) }
