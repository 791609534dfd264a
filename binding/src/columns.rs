//! Flows as Arrow columns.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use peergate_engine::packet::Side;
use peergate_engine::report::Report;

use crate::flow::Chunk;

/// One column: its name, and how it is made of the flows.
struct Column {
    name: &'static str,
    make: fn(&[Report<'_>]) -> ArrayRef,
}

const COLUMNS: &[Column] = &[
    Column { name: "flow_id", make: |flows| numbers(flows, |flow| flow.flow.id) },
    Column { name: "community_id", make: |flows| words(flows, |flow| Some(flow.community_id())) },
    Column { name: "proto", make: |flows| words(flows, |flow| Some(flow.proto())) },
    Column { name: "src_ip", make: |flows| words(flows, |flow| Some(flow.client().addr.to_string())) },
    Column { name: "src_port", make: |flows| ports(flows, |flow| flow.client().port) },
    Column { name: "dest_ip", make: |flows| words(flows, |flow| Some(flow.server().addr.to_string())) },
    Column { name: "dest_port", make: |flows| ports(flows, |flow| flow.server().port) },
    Column { name: "pkts_toserver", make: |flows| counts(flows, |flow| flow.flow.tally(Side::Client).packets) },
    Column { name: "pkts_toclient", make: |flows| counts(flows, |flow| flow.flow.tally(Side::Server).packets) },
    Column { name: "bytes_toserver", make: |flows| numbers(flows, |flow| flow.flow.tally(Side::Client).bytes) },
    Column { name: "bytes_toclient", make: |flows| numbers(flows, |flow| flow.flow.tally(Side::Server).bytes) },
    Column { name: "start", make: |flows| times(flows, |flow| flow.flow.start.0) },
    Column { name: "end", make: |flows| times(flows, |flow| flow.flow.last.0) },
    Column { name: "state", make: |flows| words(flows, |flow| Some(flow.flow.state.name())) },
    Column { name: "reason", make: |flows| words(flows, |flow| flow.reason) },
    Column { name: "app", make: |flows| words(flows, |flow| Some(flow.app().to_owned())) },
    Column { name: "protocol", make: |flows| words(flows, |flow| Some(flow.protocol())) },
    Column { name: "category", make: |flows| words(flows, |flow| Some(flow.category())) },
    Column { name: "activity", make: |flows| words(flows, |flow| flow.activity().map(str::to_owned)) },
    Column { name: "role", make: |flows| words(flows, |flow| flow.role().map(str::to_owned)) },
    Column { name: "confidence", make: confidences },
    Column { name: "action", make: |flows| words(flows, |flow| Some(flow.action())) },
    Column { name: "rule", make: |flows| words(flows, |flow| flow.rule().map(str::to_owned)) },
    Column { name: "evidence", make: |flows| words(flows, |flow| Some(sentences(flow))) },
];

/// Names and types of the columns.
pub fn schema() -> SchemaRef {
    let typed = |column: &Column| Field::new(column.name, (column.make)(&[]).data_type().clone(), true);
    Arc::new(Schema::new(COLUMNS.iter().map(typed).collect::<Vec<_>>()))
}

/// The flows of one chunk, a row each.
pub fn record_batch(chunk: &Chunk) -> Result<RecordBatch, ArrowError> {
    let flows: Vec<Report<'_>> = (0..chunk.told.len()).filter_map(|index| chunk.report(index)).collect();
    RecordBatch::try_new(schema(), COLUMNS.iter().map(|column| (column.make)(&flows)).collect())
}

fn sentences(flow: &Report<'_>) -> String {
    flow.evidence().into_iter().map(|evidence| evidence.what).collect::<Vec<_>>().join("; ")
}

fn words<W: AsRef<str>>(flows: &[Report<'_>], of: impl Fn(&Report<'_>) -> Option<W>) -> ArrayRef {
    Arc::new(flows.iter().map(of).collect::<StringArray>())
}

fn numbers(flows: &[Report<'_>], of: impl Fn(&Report<'_>) -> u64) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(flows.iter().map(of)))
}

fn counts(flows: &[Report<'_>], of: impl Fn(&Report<'_>) -> u32) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(flows.iter().map(of)))
}

fn ports(flows: &[Report<'_>], of: impl Fn(&Report<'_>) -> u16) -> ArrayRef {
    Arc::new(UInt16Array::from_iter_values(flows.iter().map(of)))
}

fn confidences(flows: &[Report<'_>]) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(flows.iter().map(Report::confidence)))
}

fn times(flows: &[Report<'_>], of: impl Fn(&Report<'_>) -> u64) -> ArrayRef {
    let since_epoch = flows.iter().map(|flow| i64::try_from(of(flow)).unwrap_or(i64::MAX));
    Arc::new(TimestampNanosecondArray::from_iter_values(since_epoch).with_timezone("UTC"))
}
