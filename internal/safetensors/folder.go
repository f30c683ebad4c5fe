package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"github.com/querent-ai/chord/internal/mmap"
)

// maxIndex is the most bytes of an index: enough for a thousand layers of a
// thousand experts.
const maxIndex = 256 << 20

// A Folder is the safetensors files of one model.
type Folder struct {
	Tensors map[string]*Tensor

	files []*File
}

// OpenFolder opens the model in a folder: the files that
// model.safetensors.index.json names, or all model*.safetensors where there is
// no index.
//
// Besides the errors of [Open] it errs if a tensor is in two files, if the index
// and the files name different tensors, if a file of the index is not in the
// folder, and with [fs.ErrNotExist] if there are no files.
func OpenFolder(dir string) (*Folder, error) {
	index, err := readIndex(filepath.Join(dir, "model.safetensors.index.json"))
	if err != nil {
		return nil, err
	}
	names, err := shards(dir, index)
	if err != nil {
		return nil, err
	}
	f := &Folder{Tensors: map[string]*Tensor{}}
	for _, name := range names {
		if err := f.add(dir, name, index); err != nil {
			f.Close()
			return nil, err
		}
	}
	for tensor, file := range index {
		if f.Tensors[tensor] == nil {
			f.Close()
			return nil, malformed("tensor %q is not in %s, where the index has it", tensor, file)
		}
	}
	return f, nil
}

// readIndex returns the file of every tensor, nil if there is no index.
func readIndex(path string) (map[string]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := mmap.CheckRegular(path, info); err != nil {
		return nil, err
	}
	if info.Size() > maxIndex {
		return nil, malformed("%s: %d bytes, at most %d", filepath.Base(path), info.Size(), maxIndex)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, malformed("%s: %v", filepath.Base(path), err)
	}
	if len(index.WeightMap) == 0 {
		return nil, malformed("%s: no weight_map", filepath.Base(path))
	}
	return index.WeightMap, nil
}

// shards returns the names of the model's files, sorted.
func shards(dir string, index map[string]string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, name := range index {
		if filepath.Base(name) != name || !filepath.IsLocal(name) {
			return nil, malformed("the index names %q, which is not a file of the folder", name)
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if index == nil {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if ok, _ := filepath.Match("model*.safetensors", e.Name()); ok {
				names = append(names, e.Name())
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no model*.safetensors: %w", dir, fs.ErrNotExist)
	}
	sort.Strings(names)
	return names, nil
}

// add opens one file and takes its tensors.
func (f *Folder) add(dir, name string, index map[string]string) error {
	file, err := Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	f.files = append(f.files, file)
	for i := range file.Tensors {
		t := &file.Tensors[i]
		if f.Tensors[t.Name] != nil {
			return malformed("%s: tensor %q is in another file too", name, t.Name)
		}
		if index != nil && index[t.Name] != name {
			return malformed("%s: tensor %q is not there by the index", name, t.Name)
		}
		f.Tensors[t.Name] = t
	}
	return nil
}

// Close closes all files.
func (f *Folder) Close() error {
	var all []error
	for _, file := range f.files {
		all = append(all, file.Close())
	}
	return errors.Join(all...)
}
