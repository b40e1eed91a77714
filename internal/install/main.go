// Command install is the last step of go generate: it replaces each FILE by FILE.new if all hand-written code, tests
// too, compiles with the new files, and changes nothing if not.
//
//	install FILE... -- PACKAGE ARGUMENT...
//
// PACKAGE is a command that contains the generated code and writes one of the new files.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	end := slices.Index(os.Args, "--")
	if err := install(os.Args[1:end], os.Args[end+1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%v\nnothing was changed\n", err)
		os.Exit(1)
	}
}

// overlay names the files that the compiler reads in the place of others.
const overlay = "overlay.json.new"

func install(files, command []string) error {
	replace := map[string]string{}
	for _, file := range append(files, strings.TrimSuffix(overlay, ".new")) {
		defer os.Remove(file + ".new") //nolint:errcheck // it is not there any more if all went well
		if strings.HasSuffix(file, ".go") {
			replace[file] = file + ".new"
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, content, 0o600); err != nil {
		return err
	}
	if out, err := run("vet", "./..."); err != nil {
		return fmt.Errorf("%s", misfits(out, replace))
	}
	if out, err := run("run", command...); err != nil {
		return fmt.Errorf("%s", out)
	}
	for _, file := range files {
		if err := os.Rename(file+".new", file); err != nil { //nolint:gosec // G703: as gen.go says
			return err
		}
	}
	return nil
}

func run(command string, args ...string) (string, error) {
	args = append([]string{command, "-overlay=" + overlay}, args...)
	out, err := exec.Command("go", args...).CombinedOutput() //nolint:gosec,noctx // G204: as gen.go says, to its end
	return string(out), err
}

var (
	compiled = regexp.MustCompile(`(?m)^(?:vet: )?(?:\./)?(\S+\.go:\d+:)\d+: (.*)$`)
	declared = regexp.MustCompile(`(?m)^(?:func |type |\t)([A-Z]\w*).*$`)
	word     = regexp.MustCompile(`\w+`)
)

// misfits returns the compiler's errors about hand-written code, each with what replaces the declaration that is gone.
func misfits(out string, replace map[string]string) (lines string) {
	instead := map[string]string{} // declarations by package and name, one that is gone or one that is new
	for file, with := range replace {
		gone, come := declarations(file, with), declarations(with, file)
		for i := range min(len(gone), len(come)) {
			instead[packageOf(file)+gone[i][1]], instead[packageOf(file)+come[i][1]] = come[i][0], come[i][0]
		}
	}
	for _, found := range compiled.FindAllStringSubmatch(out, -1) {
		line, now := found[1]+" "+found[2], ""
		for _, name := range word.FindAllString(found[2], -1) {
			for file := range replace {
				if strings.Contains(found[2], packageOf(file)) {
					now = cmp.Or(instead[packageOf(file)+name], now)
				}
			}
		}
		if now != "" {
			line += "; the generated code now has " + strings.Trim(now, "\t {")
		}
		if !strings.Contains(lines, line) {
			lines += line + "\n"
		}
	}
	return cmp.Or(lines, out)
}

func packageOf(file string) string { return filepath.Base(filepath.Dir(file)) + "." }

// declarations returns those of a file that another does not have, each with its name.
func declarations(file, other string) (list [][]string) {
	content, _ := os.ReadFile(file)  //nolint:gosec // G304: as gen.go says
	without, _ := os.ReadFile(other) //nolint:gosec // G304: as gen.go says
	for _, found := range declared.FindAllStringSubmatch(string(content), -1) {
		if !strings.Contains(string(without), found[0]+"\n") {
			list = append(list, found)
		}
	}
	return list
}
