// Command dist makes the archives of a release, one for each system, and their
// checksums, in the folder dist:
//
//	go run .ci/dist.go VERSION
//
// Nothing in an archive depends on the machine or the time, so that anybody with
// the same commit and the same Go makes the same bytes.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"
)

// targets are the systems that a release has binaries for.
var targets = []struct{ os, arch string }{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// documents go into every archive, beside the binary.
var documents = []string{"CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"}

// modified is the time of every file in an archive; a zip knows none before.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run .ci/dist.go VERSION")
	}
	if err := dist(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// dist fills the folder dist, of which nothing is kept.
func dist(version string) error {
	if err := os.RemoveAll("dist"); err != nil {
		return err
	}
	if err := os.Mkdir("dist", 0o777); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "dist")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	sums, err := os.Create(filepath.Join("dist", "SHA256SUMS"))
	if err != nil {
		return err
	}
	defer sums.Close()
	for _, t := range targets {
		name := "chord-" + version + "-" + t.os + "-" + t.arch
		binary, archive, write := filepath.Join(work, "chord"), name+".tar.gz", writeTar
		if t.os == "windows" {
			binary, archive, write = binary+".exe", name+".zip", writeZip
		}
		if err := build(binary, t.os, t.arch); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		sum, err := pack(filepath.Join("dist", archive), name, binary, write)
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		if _, err := fmt.Fprintf(io.MultiWriter(sums, os.Stdout), "%x  %s\n", sum, archive); err != nil {
			return err
		}
	}
	return sums.Close()
}

// build writes the static command of a system to name.
func build(name, goos, goarch string) error {
	// In its folder, since the command may be a module of its own.
	cmd := exec.Command("go", "-C", "cmd/chord", "build", "-trimpath", "-ldflags", "-s -w", "-o", name, ".")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// pack writes the archive of a binary, in which all files lie in folder, and
// returns its SHA-256.
func pack(archive, folder, binary string, write func(w io.Writer, folder string, files []string) error) ([]byte, error) {
	f, err := os.Create(archive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if err := write(io.MultiWriter(f, h), folder, append([]string{binary}, documents...)); err != nil {
		return nil, err
	}
	return h.Sum(nil), f.Close()
}

// mode returns the permissions of the i-th file: the binary is the first.
func mode(i int) os.FileMode {
	if i == 0 {
		return 0o755
	}
	return 0o644
}

// writeTar writes files as a compressed tar.
func writeTar(w io.Writer, folder string, files []string) error {
	gz, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	tw := tar.NewWriter(gz)
	for i, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: path.Join(folder, filepath.Base(file)), Mode: int64(mode(i)), Size: int64(len(b)), ModTime: modified}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		if _, err := tw.Write(b); err != nil {
			return err
		}
	}
	if err := tw.Close(); err != nil {
		return err
	}
	return gz.Close()
}

// writeZip writes files as a zip.
func writeZip(w io.Writer, folder string, files []string) error {
	zw := zip.NewWriter(w)
	for i, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: path.Join(folder, filepath.Base(file)), Method: zip.Deflate, Modified: modified}
		h.SetMode(mode(i))
		e, err := zw.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := e.Write(b); err != nil {
			return err
		}
	}
	return zw.Close()
}
