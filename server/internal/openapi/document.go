package openapi

import (
	"reflect"
	"strings"

	"github.com/querent-ai/chord/server/internal/core"
)

// An Entry is a route with the face whose errors it prints.
type Entry struct {
	Route *core.Route
	Face  *core.Face
}

// Document returns the description of routes. key says that they need one.
func Document(version string, entries []Entry, key bool) map[string]any {
	paths := map[string]map[string]any{}
	for _, e := range entries {
		if e.Route.Path == "/" || strings.HasSuffix(e.Route.Path, "/{$}") {
			continue
		}
		path := strings.ReplaceAll(e.Route.Path, "...}", "}")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		method := strings.ToLower(e.Route.Method)
		if paths[path][method] == nil { // of two with one path the first
			paths[path][method] = operation(e, path)
		}
	}
	if version == "" {
		version = "0"
	}
	doc := map[string]any{"openapi": "3.1.0", "paths": paths,
		"info": map[string]any{"title": "chord", "version": version, "description": "Language models over HTTP, with the APIs of OpenAI, llama-server and others."}}
	if key {
		doc["components"] = map[string]any{"securitySchemes": map[string]any{"key": map[string]any{"type": "http", "scheme": "bearer"}}}
		doc["security"] = []any{map[string]any{"key": []any{}}}
	}
	return doc
}

// operation returns the description of a route.
func operation(e Entry, path string) map[string]any {
	d := &e.Route.Doc
	op := map[string]any{"summary": d.Summary, "tags": []string{e.Face.Name}, "responses": responses(e)}
	if e.Route.Public {
		op["security"] = []any{}
	}
	if p := inPath(path, d); len(p) > 0 {
		op["parameters"] = p
	}
	if d.Form != nil {
		form := newMaker(true).of(reflect.TypeOf(d.Form))
		op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"multipart/form-data": map[string]any{"schema": form}}}
	} else if d.Body != nil {
		op["requestBody"] = map[string]any{"required": !e.Route.NoBody, "content": map[string]any{"application/json": map[string]any{"schema": body(d)}}}
	} else if e.Route.Method == "POST" && !e.Route.NoBody {
		op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": schema{"type": "object"}}}}
	}
	return op
}

// inPath returns the parameters in a path and after it.
func inPath(path string, d *core.Doc) (list []any) {
	for _, p := range strings.Split(path, "{")[1:] {
		name, _, _ := strings.Cut(p, "}")
		list = append(list, map[string]any{"name": name, "in": "path", "required": true, "schema": text})
	}
	for _, q := range d.Query {
		s := schema{"type": "string"}
		if q.Values != nil {
			s["enum"] = q.Values
		}
		list = append(list, map[string]any{"name": q.Name, "in": "query", "required": false, "schema": s})
	}
	return list
}

// body returns the schema of a request.
func body(d *core.Doc) schema {
	m := newMaker(true)
	s := m.of(reflect.TypeOf(d.Body))
	if !d.Sampling {
		return s
	}
	numbers, others := core.SamplingSchema()
	more := m.of(reflect.TypeOf(others))["properties"].(map[string]schema)
	properties := s["properties"].(map[string]schema)
	for name, s := range numbers {
		if properties[name] == nil {
			properties[name] = s
		}
	}
	for name, s := range more {
		if properties[name] == nil {
			properties[name] = s
		}
	}
	return s
}

// responses returns the answers of a route.
func responses(e Entry) map[string]any {
	d := &e.Route.Doc
	m := newMaker(false)
	content := map[string]any{}
	if d.Text != "" {
		content[d.Text] = map[string]any{"schema": text}
	} else {
		content["application/json"] = map[string]any{"schema": m.anyOf(d.Answers)}
	}
	if d.Events != nil {
		kind := "text/event-stream"
		if d.Lines {
			kind = "application/x-ndjson"
		}
		content[kind] = map[string]any{"schema": text, "x-event": m.anyOf(d.Events)}
	}
	failed := map[string]any{"application/json": map[string]any{"schema": m.of(reflect.TypeOf(e.Face.Error(&core.Error{Param: "p", Code: "c"})))}}
	return map[string]any{
		"200": map[string]any{"description": "the answer", "content": content},
		"4XX": map[string]any{"description": "what is wrong with the request", "content": failed},
		"503": map[string]any{"description": "the server is busy, or shuts down: Retry-After says when to try again", "content": failed},
	}
}
