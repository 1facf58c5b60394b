// Calls on a second stack, which a process does not need.
#pragma once

#define make_stack_thunk(name) __asm__(".globl thunk_" #name "\n.set thunk_" #name ", " #name)

extern "C" void stack_thunk_add_ref();
extern "C" void stack_thunk_del_ref();
