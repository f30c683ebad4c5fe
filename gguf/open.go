package gguf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/querent-ai/chord/internal/mmap"
)

// Open opens the GGUF file at path and maps it. If the file is one part of a
// split file, the others are found beside it by their names.
//
// Errors about the bytes wrap [ErrFormat] and say which file, key or tensor, and
// which byte.
func Open(path string) (*File, error) {
	return openParts(path, func(name string) (*source, error) {
		f, err := mmap.OpenRegular(name)
		if err != nil {
			return nil, fmt.Errorf("gguf: %w", err)
		}
		return fileSource(name, f)
	})
}

// OpenFS opens the file called name of fsys, as [Open] does. An [os.File] is
// mapped, another file that is an [io.ReaderAt] is read on demand, and any other
// is read whole.
func OpenFS(fsys fs.FS, name string) (*File, error) {
	return openParts(name, func(name string) (*source, error) {
		if st, ok := fsys.(fs.StatFS); ok { // opening a pipe would wait
			info, err := st.Stat(name)
			if err == nil {
				err = mmap.CheckRegular(name, info)
			}
			if err != nil {
				return nil, fmt.Errorf("gguf: %w", err)
			}
		}
		f, err := fsys.Open(name)
		if err != nil {
			return nil, fmt.Errorf("gguf: %w", err)
		}
		switch f := f.(type) {
		case *os.File:
			return fileSource(name, f)
		case io.ReaderAt:
			return readerAtSource(name, f)
		}
		return wholeSource(name, f)
	})
}

// OpenReaderAt opens the GGUF file in the first size bytes of r. The caller
// closes r after the File. A part of a split file is an error: an io.ReaderAt
// does not lead to the others.
func OpenReaderAt(r io.ReaderAt, size int64) (*File, error) {
	name := ""
	if f, ok := r.(interface{ Name() string }); ok {
		name = f.Name()
	}
	s, err := readerSource(name, r, size, nil)
	if err != nil {
		return nil, err
	}
	f, err := parse(s)
	if err != nil {
		return nil, err
	}
	if no, count, err := f.split(); err != nil {
		return nil, err
	} else if count > 1 {
		return nil, f.keyError("split.count", "this is part %d of %d: open a split file by its name", no+1, count)
	}
	return f, nil
}

// fileSource maps f and closes it. A file that cannot be mapped as a whole stays
// open and is read.
func fileSource(name string, f *os.File) (*source, error) {
	v, err := mmap.Map(f)
	if errors.Is(err, mmap.ErrTooLarge) {
		return statSource(name, f, f)
	}
	_ = f.Close() // it was only read, and the view stays valid
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	return viewSource(name, v), nil
}

// readerAtSource reads f on demand; r is f itself.
func readerAtSource(name string, r io.ReaderAt) (*source, error) {
	return statSource(name, r.(fs.File), r)
}

// statSource reads r, which is f, and closes it with the source.
func statSource(name string, f fs.File, r io.ReaderAt) (*source, error) {
	st, err := f.Stat()
	if err == nil {
		err = mmap.CheckRegular(name, st)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("gguf: %w", err)
	}
	s, err := readerSource(name, r, st.Size(), f)
	if err != nil {
		_ = f.Close()
	}
	return s, err
}

// wholeSource reads all of f, in the steps of io.ReadAll, and closes it.
func wholeSource(name string, f fs.File) (*source, error) {
	data, err := io.ReadAll(f)
	_ = f.Close()
	if err != nil {
		return nil, fmt.Errorf("gguf: %s: reading at byte %d: %w", name, len(data), err)
	}
	return bytesSource(name, data), nil
}
