package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"text/template"

	_ "embed"
)

// A linuxPackage is what the configuration of nfpm is made of.
type linuxPackage struct {
	*release
	Arch string
	Kind string // deb or rpm
	Work string
}

// Completions returns the folder in which packages of this kind leave zsh's completions.
func (p linuxPackage) Completions() string {
	if p.Kind == "deb" {
		return "vendor-completions"
	}
	return "site-functions"
}

//go:embed files/nfpm.yaml.tmpl
var packageText string

var packageTemplate = template.Must(template.New("nfpm.yaml").Parse(packageText))

// packages writes the packages for Debian and RPM of each Linux target.
func (r *release) packages() error {
	tool, err := r.install(nfpm, "nfpm")
	if err != nil {
		return err
	}
	if err := r.compressManual(); err != nil {
		return err
	}
	for _, t := range r.targets {
		for _, kind := range []string{"deb", "rpm"} {
			if t.os != "linux" {
				continue
			}
			config := filepath.Join(r.work, "nfpm-"+t.arch+"-"+kind+".yaml")
			if err := render(packageTemplate, config, linuxPackage{r, t.arch, kind, filepath.ToSlash(r.work)}); err != nil {
				return err
			}
			file := filepath.Join(r.out, t.name(r.Tag)+"."+kind)
			if err := run(tool, "package", "--config", config, "--packager", kind, "--target", file); err != nil {
				return err
			}
		}
	}
	return nil
}

// compressManual writes the man pages as packages have them.
func (r *release) compressManual() error {
	pages, err := filepath.Glob(filepath.Join(r.work, "share", "man", "man1", "*.1"))
	if err != nil {
		return err
	}
	dir := filepath.Join(r.work, "manual")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, page := range pages {
		if err := compress(page, filepath.Join(dir, filepath.Base(page)+".gz")); err != nil {
			return err
		}
	}
	return nil
}

// compress writes the file from to the file to.
func compress(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	gz, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := gz.Write(b); err != nil {
		return err
	}
	if err := gz.Close(); err != nil {
		return err
	}
	return f.Close()
}

// render writes a file of a template.
func render(t *template.Template, name string, data any) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.Execute(f, data); err != nil {
		return err
	}
	return f.Close()
}
