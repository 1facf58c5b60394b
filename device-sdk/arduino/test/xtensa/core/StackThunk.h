// As the core of an ESP8266 has it: a function that is called on a second stack. Here it is called on the one that there is.
#pragma once

#define make_stack_thunk(name) __asm__(".global thunk_" #name "\n.align 4\nthunk_" #name ":\n  j " #name "\n")

extern "C" void stack_thunk_add_ref();
extern "C" void stack_thunk_del_ref();
