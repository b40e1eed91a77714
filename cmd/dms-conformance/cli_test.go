package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/conformance/report"
)

const secret = "s3cret-t0ken"

// TestNoValueIsRepeated: whatever is wrong with an argument, its value may be a token.
func TestNoValueIsRepeated(t *testing.T) {
	t.Parallel()
	flags := kong.Must(&options{}, kong.NoDefaultHelp()).Model.Flags
	require.Greater(t, len(flags), 20)
	for _, f := range flags {
		for _, args := range [][]string{
			{"--" + f.Name + "=" + secret, "--nonsense"},
			{"--" + f.Name, secret, "--nonsense"},
			{"--" + f.Name, "--" + secret},
			{"--" + f.Name, "-" + secret},
			{"--" + f.Name + "x=" + secret},
			{"-" + f.Name + "=" + secret},
			{"--no-" + f.Name + "=" + secret},
			{"--strict", "--", "--" + f.Name, secret},
		} {
			_, err := parse(args, io.Discard)
			require.Error(t, err, args)
			assert.NotContains(t, err.Error(), secret, args)
		}
	}
}

// TestPosition: what is not repeated is named by its place.
func TestPosition(t *testing.T) {
	t.Parallel()
	for position, args := range map[int][]string{
		1: {secret},
		2: {"--strict", secret},
		3: {"--rule", "x", secret, "y"},
		4: {"-v", "--rule=a=b", "--strict=yes", "-" + secret},
		5: {"-v", "--skip", "a", "--strict", "--" + secret, "--list"},
	} {
		_, err := parse(args, io.Discard)
		assert.ErrorContains(t, err, fmt.Sprintf("argument %d is not a flag", position))
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		o, err := parse([]string{"--format=" + string(f), fmt.Sprintf("--report=%s=file", f)}, io.Discard)
		require.NoError(t, err)
		assert.Equal(t, f, o.Format)
		assert.Equal(t, []output{{"--report", f, "file"}}, o.Report)
	}
}

// TestBrokenPipe: that nobody reads is no error, wherever it is noticed; that nothing can be written is one.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"--help", "--version", "--schema", "--list", "-v --rule=no-redirect", "--format=json --rule=no-redirect",
	} {
		for name, tc := range map[string]struct {
			breaks func(reader, writer *os.File)
			status int
			says   string
		}{
			"not read": {func(reader, _ *os.File) { _ = reader.Close() }, 0, ""},
			"closed":   {func(_, writer *os.File) { _ = writer.Close() }, notChecked, "file already closed"},
		} {
			t.Run(args+" "+name, func(t *testing.T) {
				t.Parallel()
				reader, writer, err := os.Pipe()
				require.NoError(t, err)
				tc.breaks(reader, writer)
				stderr, err := os.Create(t.TempDir() + "/stderr")
				require.NoError(t, err)
				assert.Equal(t, tc.status, run(t.Context(), strings.Fields(args), writer, stderr))
				said, err := os.ReadFile(stderr.Name())
				require.NoError(t, err)
				assert.Contains(t, string(said), tc.says)
				assert.NotContains(t, string(said), "pipe")
			})
		}
	}
}
