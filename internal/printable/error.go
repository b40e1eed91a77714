package printable

// A shownError is errors with another text.
type shownError struct {
	text string
	errs []error
}

func (e *shownError) Error() string   { return e.text }
func (e *shownError) Unwrap() []error { return e.errs }

// Error returns an error whose text is fit to be shown, instead of others whose texts are not: net/http, for one,
// repeats what it could not read. errors.Is and errors.As find those.
func Error(text string, errs ...error) error { return &shownError{text, errs} }
