package runtime

import _ "unsafe"

// What a run time panic's value is. C makes the text; the types are Go's, so that programs may ask for
// runtime.Error and print %T.

type errorString string

func (e errorString) RuntimeError() {}
func (e errorString) Error() string { return "runtime error: " + string(e) }

// A plainError prints without the prefix.
type plainError string

func (e plainError) RuntimeError() {}
func (e plainError) Error() string { return string(e) }

// A fault at an address, after debug.SetPanicOnFault.
type errorAddressString struct {
	msg  string
	addr uintptr
}

func (e errorAddressString) RuntimeError() {}
func (e errorAddressString) Error() string { return "runtime error: " + e.msg }
func (e errorAddressString) Addr() uintptr { return e.addr }

//go:linkname mkError runtime.mkError
func mkError(text string) error { return errorString(text) }

//go:linkname mkPlain runtime.mkPlain
func mkPlain(text string) error { return plainError(text) }

//go:linkname mkAddress runtime.mkAddress
func mkAddress(text string, addr uintptr) error { return errorAddressString{text, addr} }

type stringer interface {
	String() string
}

// errorText is what an uncaught panic prints of v, if v has a say in that.
//
//go:linkname errorText runtime.errorText
func errorText(v interface{}) (text string, ok bool) {
	switch v := v.(type) {
	case error:
		return v.Error(), true
	case stringer:
		return v.String(), true
	}
	return "", false
}
