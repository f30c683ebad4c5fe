package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// Where servers listen.
const (
	chordPort  = 8080
	ollamaPort = 11434
)

// maxAnswer bounds what is read of a server's answer.
const maxAnswer = 16 << 20

// answerTime is how long a server may take to answer.
const answerTime = 30 * time.Second

// A remoteServer is a running server, as the flags and the environment name it.
type remoteServer struct {
	host string
	port int
	key  string
}

// flags registers the flags.
func (r *remoteServer) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&r.host, "host", "", "`address` of the server, also with port or as URL; without it $CHORD_HOST,\nthen $OLLAMA_HOST, then 127.0.0.1")
	f.IntVar(&r.port, "port", 0, "`port` of the server; 0 is that of the address, then $CHORD_PORT, then "+strconv.Itoa(chordPort))
	f.StringVar(&r.key, "api-key", "", "`key` of the server; without it $CHORD_API_KEY")
}

// base returns the URL of the server.
func (r *remoteServer) base() (string, error) {
	host, port := r.host, strconv.Itoa(chordPort)
	if value, ok := ownValue("CHORD_PORT"); ok {
		port = value
	}
	if host == "" {
		host = os.Getenv("CHORD_HOST")
	}
	if host == "" && os.Getenv("OLLAMA_HOST") != "" {
		host, port = os.Getenv("OLLAMA_HOST"), strconv.Itoa(ollamaPort)
	}
	scheme, rest, ok := strings.Cut(cmp.Or(host, "127.0.0.1"), "://")
	if !ok {
		scheme, rest = "http", scheme
	} else if scheme != "https" && scheme != "http" {
		return "", usagef("the server %q: want http or https", host)
	} else if scheme == "https" {
		port = "443"
	}
	rest = strings.TrimRight(rest, "/")
	name, said, err := net.SplitHostPort(rest)
	if err != nil {
		name, said = strings.Trim(rest, "[]"), ""
	}
	if r.port != 0 {
		said = strconv.Itoa(r.port)
	}
	said = cmp.Or(said, port)
	if n, err := strconv.Atoi(said); err != nil || n < 1 || n > 65535 {
		return "", usagef("the server %q: port %s: want 1 to 65535", rest, said)
	}
	switch name {
	case "", "0.0.0.0", "::": // where a server listens, not where it is
		name = "127.0.0.1"
	}
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort(name, said)}
	if _, err := url.Parse(u.String()); err != nil || strings.ContainsAny(name, "/?#@") {
		return "", usagef("the server %q: want HOST, HOST:PORT or a URL without a path", rest)
	}
	return u.String(), nil
}

// call asks the server: with GET, or with POST if there is a body. It decodes its answer
// into out.
func (r *remoteServer) call(ctx context.Context, path string, body, out any) error {
	base, err := r.base()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	method, data := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	q, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	if key := cmp.Or(r.key, os.Getenv("CHORD_API_KEY")); key != "" {
		q.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return unreachable(base, err)
	}
	defer answer.Body.Close()
	data, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", base, err)
	}
	if answer.StatusCode != http.StatusOK {
		return refusal(base, answer.StatusCode, data)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s is no chord server: its answer to %s is no JSON: %w", base, path, err)
	}
	return nil
}

// unreachable returns the error about a server that does not answer.
func unreachable(base string, err error) error {
	var wrap *url.Error
	if errors.As(err, &wrap) {
		err = wrap.Err
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no server runs at %s (chord serve starts one; --host and --port name another)", base)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the server at %s does not answer", base)
	}
	return fmt.Errorf("the server at %s: %w", base, err)
}

// refusal returns the error about a status.
func refusal(base string, status int, body []byte) error {
	var e struct {
		Error json.RawMessage `json:"error"`
	}
	_ = json.Unmarshal(body, &e)
	var text string
	if json.Unmarshal(e.Error, &text) != nil {
		var nested struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(e.Error, &nested)
		text = nested.Message
	}
	if text == "" {
		text = http.StatusText(status)
	}
	if status == http.StatusUnauthorized {
		text += " (--api-key or CHORD_API_KEY)"
	}
	return fmt.Errorf("the server at %s: %s", base, withoutControls(firstLine(text)))
}
