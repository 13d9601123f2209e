// A client's message as an object. What a client sends is parsed on the loop that all hosts share: so its fields are counted first,
// which costs a tenth of parsing them.

import { type DescField, type DescMessage, fromBinary, type MessageShape, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { maxBuildMessageFields } from '../../limits.ts';
import { codes, GrpcError } from './status.ts';

/** Throws invalidArgument for what is not such a message, resourceExhausted for one of too many fields. */
export function parsed<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    countFields(shapeOf(schema), new BinaryReader(bytes), bytes.length, { left: maxBuildMessageFields });
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    if (error instanceof GrpcError) throw error;
    throw new GrpcError(
      codes.invalidArgument,
      `no ${schema.typeName}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Of a kind of messages, by the number of each field: the messages in it, or numbers that are written together. */
type Shape = ReadonlyMap<number, (() => Shape) | 'numbers'>;

const shapes = new WeakMap<DescMessage, Shape>();

function shapeOf(desc: DescMessage): Shape {
  const known = shapes.get(desc);
  if (known) return known;
  const shape = new Map<number, (() => Shape) | 'numbers'>();
  for (const field of desc.fields) {
    const inside = insideOf(field);
    if (inside) shape.set(field.number, inside);
  }
  shapes.set(desc, shape);
  return shape;
}

function insideOf(field: DescField): (() => Shape) | 'numbers' | null {
  const { message } = field;
  if (field.fieldKind === 'map') {
    // An entry is a message of a key, 1, and a value, 2.
    return () => new Map(message ? [[2, () => shapeOf(message)]] : []);
  }
  if (message) return () => shapeOf(message);
  if (field.fieldKind !== 'list') return null;
  const isText = field.listKind === 'scalar' && [ScalarType.STRING, ScalarType.BYTES].includes(field.scalar);
  return isText ? null : 'numbers';
}

const maxDepth = 32;

function countFields(shape: Shape, reader: BinaryReader, end: number, budget: { left: number }, depth = 0): void {
  if (depth > maxDepth) throw new Error(`messages are nested more than ${maxDepth} deep`);
  while (reader.pos < end) {
    if (--budget.left < 0)
      throw new GrpcError(
        codes.resourceExhausted,
        `a message may have ${maxBuildMessageFields} fields, those in its parts among them`,
      );
    const [number, wireType] = reader.tag();
    if (wireType === WireType.StartGroup) throw new Error('it has a group, which is none of its fields');
    if (wireType !== WireType.LengthDelimited) {
      reader.skip(wireType, number);
      continue;
    }
    const length = reader.uint32();
    const inside = shape.get(number);
    if (reader.pos + length > end) throw new Error('a field is longer than what it is in');
    if (typeof inside === 'function') countFields(inside(), reader, reader.pos + length, budget, depth + 1);
    else {
      // Each has a byte at least.
      if (inside === 'numbers') budget.left -= length;
      reader.pos += length;
    }
  }
}
