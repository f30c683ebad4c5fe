package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// git runs a git command in dir and returns what it prints.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// commitOf returns the commit that ref names, "" if there is none.
func commitOf(ctx context.Context, dir, ref string) string {
	c, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
	if err != nil {
		return ""
	}
	return c
}

// defaultBase returns the commit that head is compared with by default: of a
// changed worktree its own commit, of a branch the commit where it left main, of
// main the commit before. It is "" if the history has none of them.
func defaultBase(ctx context.Context, dir, head string) (string, error) {
	if head == worktree {
		changed, err := git(ctx, dir, "status", "--porcelain", "--untracked-files=no")
		if err != nil {
			return "", err
		}
		if changed != "" {
			return commitOf(ctx, dir, "HEAD"), nil
		}
		head = "HEAD"
	}
	tip := commitOf(ctx, dir, head)
	for _, main := range []string{"origin/main", "main"} {
		if commitOf(ctx, dir, main) == "" {
			continue
		}
		if base, err := git(ctx, dir, "merge-base", main, tip); err == nil && base != tip {
			return base, nil
		}
	}
	return commitOf(ctx, dir, head+"^"), nil
}

// checkout checks commit ref of the repository at dir out into the folder to. The
// function it returns removes the folder.
func checkout(ctx context.Context, dir, ref, to string) (remove func() error, err error) {
	if to, err = filepath.Abs(to); err != nil {
		return nil, err
	}
	if _, err := git(ctx, dir, "worktree", "add", "--detach", "--force", to, ref); err != nil {
		return nil, err
	}
	return func() error {
		// Also after ctx was cancelled.
		_, err := git(context.WithoutCancel(ctx), dir, "worktree", "remove", "--force", to)
		return err
	}, nil
}
