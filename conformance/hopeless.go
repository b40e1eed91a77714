package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/dmstask/dmstask/conformance/internal/wire"
)

// Why a server could not be checked.
var (
	// ErrNoAnswer: there is no connection, or nothing that answers HTTP.
	ErrNoAnswer = errors.New("the server does not answer")
	// ErrCredentialsRefused: the server refuses the target's credentials, so that nothing can be said about the rest.
	ErrCredentialsRefused = errors.New("the server refuses the credentials")
	// ErrWrongEndpoint: all that the server says is that it has no such API.
	ErrWrongEndpoint = errors.New("there is no such API; are host, region and path right?")
	// ErrNoCredentials: the target has none, and rules were selected that need them.
	ErrNoCredentials = errors.New("no credentials")
)

// preflight sends the first harmless requests ahead, until one shows that the server answers and takes the credentials:
// where nothing can be judged, nothing should be reported as a violation, and no wrong credentials be sent again and
// again.
func (r *run) preflight(ctx context.Context) {
	for _, rule := range slices.Concat(r.silent, r.selected) {
		if rule.Deletes || r.target.misses(rule) != "" {
			continue
		}
		for _, p := range rule.Probes {
			x, err := r.send(ctx, p)
			if r.aborted != nil || err == nil && x.response != nil && !x.refused() && !x.elsewhere() {
				return
			}
		}
	}
	if !r.undecided() {
		r.aborted = r.verdict()
	}
}

// undecided reports whether only the deletion can tell if the credentials are good for anything: 403 may also be what a
// server says of all that is not there.
func (r *run) undecided() bool { return r.mayDelete && r.forbidden > 0 }

// hopeless returns why it makes no sense to go on: nobody answers, or the credentials are no good. It takes two
// requests to say so, unless there is not even a connection: the first may have met a fault that a rule is to find.
func (r *run) hopeless(ctx context.Context) error {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if r.answered == 0 {
		if r.sent >= 2 || r.last.unconnected() {
			return fmt.Errorf("%w: %w", ErrNoAnswer, r.last.err)
		}
	}
	if r.asked >= 2 && r.refused == r.asked && !r.undecided() {
		return fmt.Errorf("%w: %s", ErrCredentialsRefused, r.last.summary())
	}
	if r.called >= 2 && r.elsewhere == r.called {
		return fmt.Errorf("%w: %s", ErrWrongEndpoint, r.last.summary())
	}
	return nil
}

// verdict returns why the answers so far say too little about the server.
func (r *run) verdict() error {
	switch {
	case r.aborted != nil:
		return r.aborted
	case r.sent > 0 && r.answered == 0:
		return fmt.Errorf("%w: %w", ErrNoAnswer, r.last.err)
	case r.asked > 0 && r.refused == r.asked:
		return fmt.Errorf("%w: %s", ErrCredentialsRefused, r.first.summary())
	case r.called > 0 && r.elsewhere == r.called:
		return fmt.Errorf("%w: %s", ErrWrongEndpoint, r.first.summary())
	case r.throttled != nil:
		return impatient(r.throttled)
	}
	return nil
}

// reason returns in short why nothing more is sent.
func (r *run) reason() error {
	for _, err := range []error{ErrNoAnswer, ErrCredentialsRefused, ErrWrongEndpoint} {
		if errors.Is(r.aborted, err) {
			return err
		}
	}
	return r.aborted
}

// unconnected reports whether there was nobody to answer.
func (x *exchange) unconnected() bool {
	connectFailed := (*wire.ConnectError)(nil)
	return errors.As(x.err, &connectFailed)
}

// refused reports whether an answer refuses the credentials.
func (x *exchange) refused() bool {
	return x.response.Status == http.StatusUnauthorized || x.response.Status == http.StatusForbidden
}

// elsewhere reports whether an answer says that there is no such API.
func (x *exchange) elsewhere() bool {
	return x.response.Status == http.StatusNotFound && meanings[newAnswer(x).ErrorCode()] == noSuchAPI
}

func stopped(ctx context.Context) error { return fmt.Errorf("stopped: %w", context.Cause(ctx)) }
