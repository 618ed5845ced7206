// The families of models, each with the keys that it knows. A reader fills all of a description but name and
// head; `tied` says whether a head over the vocabulary would use the word table, `pooler` whether the bare
// model has one.
#pragma once
#include "sim/workload/import/fields.h"

namespace octet {

void read_bert(ConfigFields& fields, TransformerDescription& model);
void read_roberta(ConfigFields& fields, TransformerDescription& model);
void read_distilbert(ConfigFields& fields, TransformerDescription& model);
void read_mobilebert(ConfigFields& fields, TransformerDescription& model);
void read_vit(ConfigFields& fields, TransformerDescription& model);
void read_t5(ConfigFields& fields, TransformerDescription& model);
void read_whisper(ConfigFields& fields, TransformerDescription& model);
void read_gpt2(ConfigFields& fields, TransformerDescription& model);
void read_llama(ConfigFields& fields, TransformerDescription& model);
void read_mistral(ConfigFields& fields, TransformerDescription& model);

// Activation functions by all of their names.
inline constexpr std::array<Named<OperationKind>, 13> hidden_act_names{
    {{"gelu", OperationKind::gelu},
     {"gelu_python", OperationKind::gelu},
     {"gelu_new", OperationKind::gelu_tanh},
     {"gelu_fast", OperationKind::gelu_tanh},
     {"gelu_accurate", OperationKind::gelu_tanh},
     {"gelu_pytorch_tanh", OperationKind::gelu_tanh},
     {"gelu_python_tanh", OperationKind::gelu_tanh},
     {"quick_gelu", OperationKind::gelu_sigmoid},
     {"relu", OperationKind::relu},
     {"silu", OperationKind::silu},
     {"swish", OperationKind::silu},
     {"tanh", OperationKind::tanh},
     {"sigmoid", OperationKind::sigmoid}}};

}  // namespace octet
