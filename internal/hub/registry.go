package hub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// The types of a registry's manifests and of the layer that is a model.
const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	modelLayer   = "application/vnd.ollama.image.model"
)

// findInRegistry is Find of a registry, whose manifest names the blobs of a model.
func (c *Client) findInRegistry(ctx context.Context, r Ref) (*Model, error) {
	scheme := "https://"
	if host, _, _ := strings.Cut(r.Host, ":"); loopback(host) {
		scheme = "http://"
	}
	base := scheme + r.Host + "/v2/" + r.Repo
	b, err := c.text(ctx, base+"/manifests/"+r.Revision, http.Header{"Accept": {manifestType}})
	if err != nil {
		return nil, err
	}
	f, err := parseManifest(b)
	if err != nil {
		return nil, err
	}
	f.url = base + "/blobs/sha256:" + f.Digest
	sum := sha256.Sum256(b)
	_, name, _ := strings.Cut(r.Repo, "/")
	f.Name = name + "-" + strings.ReplaceAll(r.Revision, "/", "_") + ".gguf"
	m := &Model{Ref: r, Commit: hex.EncodeToString(sum[:]), Files: []File{f}}
	m.Name = cachedName(r.repo(), f.Name)
	return m, nil
}

// parseManifest returns the model of a registry's manifest.
func parseManifest(b []byte) (File, error) {
	var m struct {
		Layers []struct {
			Type   string `json:"mediaType"`
			Digest string `json:"digest"`
			Size   int64  `json:"size"`
		} `json:"layers"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return File{}, fmt.Errorf("hub: manifest: %w", err)
	}
	var found []File
	for _, l := range m.Layers {
		if l.Type != modelLayer {
			continue
		}
		digest, ok := strings.CutPrefix(l.Digest, "sha256:")
		if !ok || len(digest) != 64 || !digestText.MatchString(digest) {
			return File{}, fmt.Errorf("hub: manifest: digest %q, want sha256: and 64 hexadecimal digits", l.Digest)
		}
		if l.Size <= 0 || l.Size > maxSize {
			return File{}, fmt.Errorf("hub: manifest: layer %s: %d bytes", l.Digest, l.Size)
		}
		found = append(found, File{Size: l.Size, Digest: digest, blob: digest})
	}
	if len(found) != 1 {
		return File{}, fmt.Errorf("hub: manifest: %d layers of type %s, want 1", len(found), modelLayer)
	}
	return found[0], nil
}
