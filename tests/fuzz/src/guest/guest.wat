;; A step that does what its parameters say: they hold an image of its memory, in hexadecimal, and in it a list of
;; calls to make. So one component, compiled once, hands over whatever an input of the fuzzer says.
;;
;; The image lies at 0. It begins with the address of what `open` answers, of what `process`, `finish` and `restore`
;; answer, of what `save` answers, and the number of calls; each call has 40 bytes, its number and nine arguments.
(module
  (import "stepwell:step/host@0.1.0" "emit" (func $emit (param i32 i32 i32 i32 i32)))
  (import "stepwell:step/host@0.1.0" "reject" (func $reject (param i32 i32 i64 i64 i32 i32 i32 i32)))
  (import "stepwell:step/host@0.1.0" "log" (func $log (param i32 i32 i32)))
  (import "stepwell:step/host@0.1.0" "[method]batch.rows" (func $rows (param i32) (result i64)))
  (import "stepwell:step/host@0.1.0" "[method]batch.column" (func $column (param i32 i32) (result i32)))
  (import "stepwell:step/host@0.1.0" "[method]batch.read" (func $read (param i32 i32 i32 i32)))
  (import "stepwell:step/host@0.1.0" "[method]column.length" (func $length (param i32) (result i64)))
  (import "stepwell:step/host@0.1.0" "[method]column.read" (func $read_column (param i32 i32)))
  (import "stepwell:step/host@0.1.0" "[resource-drop]batch" (func $drop_batch (param i32)))
  (import "stepwell:step/host@0.1.0" "[resource-drop]column" (func $drop_column (param i32)))

  (memory (export "memory") 16)
  ;; What the host writes comes behind the image and the description.
  (global $free (mut i32) (i32.const 0x40000))

  (func $allocate (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    (local.set $start
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $start) (local.get $size)))
    (block $fits
      (loop $grow
        (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $grow (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
        (unreachable)))
    (local.get $start))

  (func $digit (param $character i32) (result i32)
    (if (result i32) (i32.ge_u (local.get $character) (i32.const 97))
      (then (i32.sub (local.get $character) (i32.const 87)))
      (else (i32.sub (local.get $character) (i32.const 48)))))

  (func (export "stepwell:step/step@0.1.0#describe") (result i32)
    (i32.const 0x30000))

  ;; The parameters are `{"image":"…"}`.
  (func (export "stepwell:step/step@0.1.0#open") (param $text i32) (param $length i32) (param $inputs i32) (param $n_inputs i32) (result i32)
    (local $end i32)
    (local $to i32)
    (local.set $end (i32.sub (i32.add (local.get $text) (local.get $length)) (i32.const 2)))
    (local.set $text (i32.add (local.get $text) (i32.const 10)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $text) (local.get $end)))
        (i32.store8 (local.get $to)
          (i32.or
            (i32.shl (call $digit (i32.load8_u (local.get $text))) (i32.const 4))
            (call $digit (i32.load8_u offset=1 (local.get $text)))))
        (local.set $text (i32.add (local.get $text) (i32.const 2)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (i32.load (i32.const 0)))

  (func $call (param $at i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32)
    (local.set $a (i32.load offset=4 (local.get $at)))
    (local.set $b (i32.load offset=8 (local.get $at)))
    (local.set $c (i32.load offset=12 (local.get $at)))
    (local.set $d (i32.load offset=16 (local.get $at)))
    (local.set $e (i32.load offset=20 (local.get $at)))
    (block $none
      (block $drop_column_
        (block $drop_batch_
          (block $read_column_
            (block $length_
              (block $read_
                (block $column_
                  (block $rows_
                    (block $log_
                      (block $reject_
                        (block $emit_
                          (br_table $emit_ $reject_ $log_ $rows_ $column_ $read_ $length_ $read_column_ $drop_batch_ $drop_column_ $none
                            (i32.load (local.get $at))))
                        (call $emit (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e))
                        (return))
                      (call $reject (local.get $a) (local.get $b)
                        (i64.load32_u offset=12 (local.get $at)) (i64.load32_u offset=16 (local.get $at))
                        (local.get $e)
                        (i32.load offset=24 (local.get $at))
                        (i32.load offset=28 (local.get $at))
                        (i32.load offset=32 (local.get $at)))
                      (return))
                    (call $log (local.get $a) (local.get $b) (local.get $c))
                    (return))
                  (drop (call $rows (local.get $a)))
                  (return))
                ;; The handle is kept where the fourth argument says, for later calls.
                (i32.store (local.get $c) (call $column (local.get $a) (local.get $b)))
                (return))
              (call $read (local.get $a) (local.get $b) (local.get $c) (local.get $d))
              (return))
            (drop (call $length (local.get $a)))
            (return))
          (call $read_column (local.get $a) (local.get $b))
          (return))
        (call $drop_batch (local.get $a))
        (return))
      (call $drop_column (local.get $a))
      (return)))

  (func $calls
    (local $left i32)
    (local $at i32)
    (local.set $left (i32.and (i32.load (i32.const 12)) (i32.const 31)))
    (local.set $at (i32.const 16))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (call $call (local.get $at))
        (local.set $at (i32.add (local.get $at) (i32.const 40)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next))))

  (func (export "stepwell:step/step@0.1.0#process") (param $port i32) (param $batch i32) (result i32)
    (call $calls)
    (i32.load (i32.const 4)))

  (func (export "stepwell:step/step@0.1.0#finish") (result i32)
    (call $calls)
    (i32.load (i32.const 4)))

  (func (export "stepwell:step/step@0.1.0#save") (result i32)
    (i32.load (i32.const 8)))

  (func (export "stepwell:step/step@0.1.0#restore") (param i32 i32) (result i32)
    (i32.load (i32.const 4))))
