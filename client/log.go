package client

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/dmstask/dmstask/internal/printable"
)

// attemptLog writes attempts to a logger, or nowhere. What it writes has been through the redaction of [APIError], and
// it never looks at header fields. It leaves nothing to handlers: not every one quotes what a terminal obeys.
type attemptLog struct{ logger *slog.Logger }

func (l attemptLog) attempt(ctx context.Context, req *http.Request, c *call, took time.Duration) {
	l.write(ctx, slog.LevelDebug, "dms: attempt", req, c, slog.Duration("took", took))
}

func (l attemptLog) retry(ctx context.Context, req *http.Request, c *call, delay time.Duration) {
	l.write(ctx, slog.LevelWarn, "dms: will try again", req, c, slog.Duration("delay", delay))
}

func (l attemptLog) write(
	ctx context.Context, level slog.Level, message string, req *http.Request, c *call, extra slog.Attr,
) {
	if l.logger == nil || !l.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method), slog.String("host", req.URL.Host), slog.String("path", req.URL.Path),
		slog.Int("attempt", c.attempts), extra,
	}
	var answer *APIError
	switch {
	case c.last == nil:
		attrs = append(attrs, slog.Int("status", http.StatusNoContent))
	case errors.As(c.last, &answer):
		attrs = append(attrs, slog.Int("status", answer.StatusCode), slog.String("code", brief(answer.Code)),
			slog.String("request_id", brief(answer.RequestID)))
	default:
		attrs = append(attrs, slog.String("error", c.last.Error()))
	}
	l.logger.LogAttrs(ctx, level, message, attrs...)
}

// brief is [quote] without the quotes, which a handler adds where it needs them.
func brief(field string) string { return printable.Brief(field, longestField) }
