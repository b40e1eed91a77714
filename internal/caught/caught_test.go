package caught_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/internal/caught"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for name, tc := range map[string]struct {
		work func()
		says string // "" for no panic
	}{
		"returns": {func() {}, ""},
		"error":   {func() { panic(failed) }, "failed\n\ngoroutine "},
		"text":    {func() { panic("text") }, "text\n\ngoroutine "},
		"Goexit":  {runtime.Goexit, "called runtime.Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *caught.PanicError
			done := make(chan struct{})
			go func() {
				defer close(done)
				caught.Guard(tc.work, func(p *caught.PanicError) { got = p })
			}()
			<-done
			if tc.says == "" {
				assert.Nil(t, got)
				return
			}
			require.ErrorContains(t, got, tc.says)
			assert.Equal(t, name == "error", errors.Is(got, failed))
		})
	}
}
