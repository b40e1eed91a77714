package report

import (
	"reflect"
	"regexp"

	"github.com/dmstask/dmstask/conformance"
	"github.com/dmstask/dmstask/internal/printable"
)

// clean returns a deep copy of a report, or of a part of one, in which every text is printable. Requests and responses
// keep their lines; any other text is one line. Every format except JSON is made from this copy.
func clean[T any](dirty T) T {
	scrub(reflect.ValueOf(&dirty).Elem())
	return dirty
}

func cleanReport(r *conformance.Report) *conformance.Report {
	copied := clean(*r)
	return &copied
}

// scrub walks the types instead of naming their fields, so that a new field cannot be forgotten.
func scrub(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(printable.Line(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			switch field := v.Type().Field(i); {
			case v.Type() == reflect.TypeFor[conformance.Evidence]() && (field.Name == "Request" || field.Name == "Response"):
				v.Field(i).SetString(printable.Lines(v.Field(i).String()))
			case field.IsExported(): // unlike those of time.Time
				scrub(v.Field(i))
			}
		}
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			scrub(list.Index(i))
		}
		v.Set(list)
	case reflect.Map: // of strings
		copied := reflect.MakeMap(v.Type())
		for key, value := range v.Seq2() {
			copied.SetMapIndex(reflect.ValueOf(clean(key.String())), reflect.ValueOf(clean(value.String())))
		}
		v.Set(copied)
	}
}

// What CI systems take for commands in a log: GitHub ::name:: where a line begins, after blanks too; GitHub and Azure
// ##[name] and ##vso[name], and TeamCity ##teamcity[name], anywhere. They pass over marks that have no width, some of
// which can be printed.
var (
	lineCommand    = regexp.MustCompile(`(?m)^( *\pM*):(\pM*:)`)
	bracketCommand = regexp.MustCompile(`(#\pM*#[\pM\w.-]*)\[`)
)

// disarm breaks up commands, so that a server cannot control a CI system through a log. The colon and the bracket of a
// command are replaced by what stands for them in a format.
func disarm(text, colon, bracket string) string {
	text = lineCommand.ReplaceAllString(text, "${1}"+colon+"${2}")
	return bracketCommand.ReplaceAllString(text, "${1}"+bracket)
}

// disarmText is disarm for formats in which a backslash is just that.
func disarmText(text string) string { return disarm(text, `\:`, `\[`) }
