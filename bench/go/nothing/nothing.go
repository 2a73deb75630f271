// The smallest Go program.
package main

func main() {}
